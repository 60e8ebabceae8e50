await StableRep.Api.Hosting.StudioHost.RunAsync(args);
