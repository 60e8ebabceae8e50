using StableRep.Api.Cli;
using StableRep.Api.Hosting;

return await StudioCommand.RunAsync(args, arguments => StudioHost.RunAsync(arguments));
