using System.Diagnostics;
using StableRep.Data.Artifacts;
using Xunit;

namespace StableRep.Testing;

/// <summary>
/// An S3-compatible server of other authors on loopback (s3rver, a Node program), started when first asked for, where npm is installed.
/// Declare it with <c>[assembly: AssemblyFixture(typeof(S3RverServer))]</c>.
/// </summary>
public sealed class S3RverServer : IAsyncLifetime
{
    private const string Bucket = "studio";
    private const string Credentials = "S3RVER";
    private const string Listening = "listening on ";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("stablerep-s3-").FullName;
    private Process? _server;
    private string? _address;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Whether this machine has what the server needs.</summary>
    public static bool IsAvailable => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "npm")));

    /// <summary>How to reach an empty store of a test's own: a prefix of the bucket.</summary>
    public async Task<S3Options> NewStoreAsync()
    {
        await _gate.WaitAsync();
        try
        {
            _address ??= await StartAsync();
        }
        finally
        {
            _gate.Release();
        }

        return new S3Options { Endpoint = _address, Bucket = Bucket, Prefix = $"{Guid.NewGuid():N}/", AccessKey = Credentials, SecretKey = Credentials };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is { } server)
        {
            server.Kill(entireProcessTree: true);
            await server.WaitForExitAsync();
            server.Dispose();
        }

        _gate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> StartAsync()
    {
        var home = Repository.PathOf("tests", "s3rver");
        await InstallAsync(home);
        _server = Run("node", home, redirect: true, "node_modules/s3rver/bin/s3rver.js",
            "--directory", _folder, "--address", "127.0.0.1", "--port", "0", "--silent", "--configure-bucket", Bucket);
        using var patience = new CancellationTokenSource(Patience);
        while (await _server.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var at)
            {
                return "http://" + line[(at + Listening.Length)..].Trim();
            }
        }

        throw new InvalidOperationException($"The object store of the tests ended with status {_server.ExitCode} instead of listening.");
    }

    private static async Task InstallAsync(string home)
    {
        // Several test projects may come here at once.
        await using var alone = await AloneAsync(Path.Combine(Path.GetTempPath(), "stablerep-s3rver.lock"));
        if (File.Exists(Path.Combine(home, "node_modules", ".package-lock.json")))
        {
            return;
        }

        using var install = Run("npm", home, redirect: false, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent");
        await install.WaitForExitAsync();
        if (install.ExitCode != 0)
        {
            throw new InvalidOperationException($"'npm ci' in {home} ended with status {install.ExitCode}.");
        }
    }

    private static async Task<FileStream> AloneAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(100);
            }
        }
    }

    private static Process Run(string program, string folder, bool redirect, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = redirect })!;
}
