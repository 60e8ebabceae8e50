using StableRep.ObjectStore;

// ObjectStore FOLDER PORT BUCKET ACCESS-KEY SECRET-KEY: an object store on loopback until it is told to stop.
if (args is not [var folder, var port, var bucket, var accessKey, var secretKey])
{
    await Console.Error.WriteLineAsync("usage: ObjectStore FOLDER PORT BUCKET ACCESS-KEY SECRET-KEY");
    return 2;
}

await using var server = await ObjectStoreServer.StartAsync(
    folder, bucket, new Credentials(accessKey, secretKey), int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
Console.WriteLine($"Listening on {server.Address}");
await server.StoppedAsync();
return 0;
