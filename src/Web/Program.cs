using StableRep.Api.Cli;
using StableRep.Api.Hosting;
using StableRep.Web.Hosting;

return await StudioCommand.RunAsync(args, arguments => StudioHost.RunAsync(arguments, Dashboard.Add, Dashboard.Map));
