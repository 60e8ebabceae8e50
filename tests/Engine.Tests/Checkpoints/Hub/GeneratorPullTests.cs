using System.Text;
using StableRep.Engine.Checkpoints;
using StableRep.Engine.Checkpoints.Hub;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Checkpoints.Hub;

public sealed class GeneratorPullTests : IAsyncDisposable
{
    private const string UNet = "unet/diffusion_pytorch_model.safetensors";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeHub _hub = FakeHub.WithTinyGenerator();
    private readonly PauseRecorder _time = new(Timeout);
    private readonly GeneratorLibrary _library;

    public GeneratorPullTests() => _library = new GeneratorLibrary(_folder.Path);

    [Fact]
    public async Task Pull_brings_what_a_generator_needs_and_nothing_else()
    {
        foreach (var other in new[]
        {
            "README.md", "v1-5-pruned.ckpt", "v1-5-pruned.safetensors", "unet/diffusion_pytorch_model.bin", "unet/diffusion_pytorch_model.fp16.safetensors",
            "unet/model.onnx", "vae/diffusion_flax_model.msgpack", "safety_checker/model.safetensors", "text_encoder/sub/config.json",
        })
        {
            _hub.Files[other] = [1, 2, 3];
        }

        var progress = new Progress();
        var generator = await PullAsync(progress: progress);
        Assert.Equal("tiny-sd", generator.Name);
        Assert.Equal("StableDiffusionPipeline", generator.ClassName);
        Assert.Equal(new GeneratorSource(_hub.Address, "studio/tiny-sd", "main", "0123456789abcdef", null), generator.Source);
        Assert.Equal([generator], _library.List());
        AssertIsTheTinyGenerator(generator.Path);
        var size = Directory.EnumerateFiles(ParityCases.Path("models/tiny-sd"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.Equal((size, size), (progress.Last.TotalBytes, progress.Last.TotalSize));
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task Pull_of_what_is_here_with_the_same_commit_fetches_nothing()
    {
        await PullAsync();
        var requests = _hub.Requests.Count;
        await PullAsync();
        Assert.Equal(requests + 1, _hub.Requests.Count);
    }

    [Fact]
    public async Task Pull_over_another_generator_needs_replace_and_then_exchanges_it()
    {
        await PullAsync();
        _hub.Commit = "fedcba";
        _hub.Files["unet/notes.txt"] = [1];
        Assert.Contains("--replace", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
        Assert.Equal("0123456789abcdef", _library.Find("tiny-sd")!.Source!.Commit);
        var generator = await PullAsync(replace: true);
        Assert.Equal("fedcba", generator.Source!.Commit);
        Assert.True(File.Exists(Path.Combine(generator.Path, "unet", "notes.txt")));
        Assert.Equal(["tiny-sd"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_cut_connection_is_taken_up_where_it_was_cut()
    {
        var cuts = 0;
        _hub.Tricks[_hub.PathOf(UNet)] = async context =>
        {
            if (++cuts > 3)
            {
                return false;
            }

            await FakeHub.SendAsync(context, _hub.Files[UNet], cutAfter: 200_000);
            return true;
        };
        AssertIsTheTinyGenerator((await PullAsync()).Path);
        var starts = _hub.Requests.Where(request => request.Path == _hub.PathOf(UNet)).Select(request => request.From).ToList();
        Assert.Equal(4, starts.Count);
        Assert.Equal(starts.Order().Distinct(), starts);
        Assert.True(starts[^1] > 0);
        // Each cut came after new bytes, so the pause does not grow.
        Assert.All(_time.Pauses, pause => Assert.Equal(1, pause.TotalSeconds, 3));
    }

    [Fact]
    public async Task A_stopped_pull_shows_nothing_and_a_later_one_goes_on()
    {
        using var stop = new CancellationTokenSource();
        _hub.Tricks[_hub.PathOf(UNet)] = async context =>
        {
            if (stop.IsCancellationRequested)
            {
                return false;
            }

            // Another file is there whole before the pull is stopped.
            while (!File.Exists(_folder.File(".tiny-sd.pull/model_index.json")))
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            // Half of the file, then silence until the client is gone.
            var content = _hub.Files[UNet];
            context.Response.ContentLength64 = content.Length;
            await context.Response.OutputStream.WriteAsync(content.AsMemory(0, content.Length / 2));
            await context.Response.OutputStream.FlushAsync();
            await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
            return true;
        };
        var progress = new Progress
        {
            OnReport = value =>
            {
                if (value.File == UNet && value.FileBytes >= _hub.Files[UNet].Length / 2)
                {
                    stop.Cancel();
                }
            },
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PullAsync(progress: progress, cancellationToken: stop.Token));
        Assert.Empty(_library.List());
        Assert.Null(_library.Find("tiny-sd"));
        Assert.All(Directory.GetFileSystemEntries(_folder.Path), entry => Assert.StartsWith(".", Path.GetFileName(entry), StringComparison.Ordinal));

        AssertIsTheTinyGenerator((await PullAsync()).Path);
        Assert.Equal(_hub.Files[UNet].Length / 2, _hub.Requests.Last(request => request.Path == _hub.PathOf(UNet)).From);
        Assert.Equal(1, _hub.CountOf("model_index.json"));
    }

    [Fact]
    public async Task A_pull_that_was_stopped_at_another_commit_begins_anew()
    {
        Directory.CreateDirectory(_folder.File(".tiny-sd.pull/unet"));
        await File.WriteAllTextAsync(_folder.File(".tiny-sd.pull/.pull.json"), "{}", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.File(".tiny-sd.pull/unet/config.json"), new string('x', _hub.Files["unet/config.json"].Length), TestContext.Current.CancellationToken);
        AssertIsTheTinyGenerator((await PullAsync()).Path);
    }

    [Fact]
    public async Task A_hub_that_ignores_ranges_is_read_from_the_beginning()
    {
        var cut = false;
        _hub.Tricks[_hub.PathOf(UNet)] = async context =>
        {
            if (!cut)
            {
                cut = true;
                await FakeHub.SendAsync(context, _hub.Files[UNet], cutAfter: 200_000);
                return true;
            }

            context.Response.ContentLength64 = _hub.Files[UNet].Length;
            await context.Response.OutputStream.WriteAsync(_hub.Files[UNet]);
            context.Response.Close();
            return true;
        };
        AssertIsTheTinyGenerator((await PullAsync()).Path);
    }

    [Fact]
    public async Task A_beginning_that_does_not_belong_to_the_rest_is_thrown_away()
    {
        var cut = false;
        _hub.Tricks[_hub.PathOf(UNet)] = async context =>
        {
            if (cut)
            {
                return false;
            }

            cut = true;
            await FakeHub.SendAsync(context, new byte[_hub.Files[UNet].Length], cutAfter: 200_000);
            return true;
        };
        AssertIsTheTinyGenerator((await PullAsync()).Path);
        Assert.Equal(0, _hub.Requests.Last(request => request.Path == _hub.PathOf(UNet)).From);
    }

    [Fact]
    public async Task Content_with_another_hash_is_refused_and_not_kept()
    {
        _hub.Lies[UNet] = (_hub.Files[UNet].Length, new string('0', 64));
        var message = (await Assert.ThrowsAnyAsync<HubException>(() => PullAsync())).Message;
        Assert.Contains("SHA-256", message, StringComparison.Ordinal);
        Assert.Contains(new string('0', 64), message, StringComparison.Ordinal);
        AssertNothingVisible();
        Assert.DoesNotContain(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories), file => file.Contains(UNet, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(1_000_000_000)]
    public async Task A_hub_that_lists_another_size_than_it_announces_is_refused_before_its_content_is_read(long more)
    {
        var size = _hub.Files[UNet].Length;
        _hub.Lies[UNet] = (size + more, null);
        var message = (await Assert.ThrowsAnyAsync<HubException>(() => PullAsync())).Message;
        Assert.Contains($"listing says {size + more} bytes, it sends {size}", message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Fact]
    public async Task A_hub_that_sends_more_than_it_listed_is_cut_off()
    {
        _hub.Tricks[_hub.PathOf(UNet)] = async context =>
        {
            await FakeHub.SendAsync(context, new byte[_hub.Files[UNet].Length + 5_000_000], chunked: true);
            return true;
        };
        Assert.Contains("it sends more", (await Assert.ThrowsAnyAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Fact]
    public async Task A_hub_that_lists_no_sizes_is_believed_what_it_announces()
    {
        foreach (var file in _hub.Files.Keys)
        {
            _hub.Lies[file] = (null, null);
        }

        AssertIsTheTinyGenerator((await PullAsync()).Path);
    }

    [Fact]
    public async Task A_generator_larger_than_the_disk_is_refused_before_it_is_fetched()
    {
        _hub.Lies[UNet] = (long.MaxValue / 2, null);
        Assert.Contains("GB free", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(0, _hub.CountOf(UNet));
    }

    [Fact]
    public async Task A_busy_hub_is_asked_again_after_growing_pauses_or_as_long_as_it_says()
    {
        var busy = 0;
        _hub.Tricks[$"/api/models/{_hub.Repository}"] = context =>
        {
            if (++busy > 4)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = busy == 4 ? 429 : 503;
            if (busy == 4)
            {
                context.Response.AddHeader("Retry-After", "17");
            }

            context.Response.Close();
            return Task.FromResult(true);
        };
        await PullAsync();
        Assert.Equal([1, 2, 4, 17], _time.Pauses.Select(pause => pause.TotalSeconds));
    }

    [Fact]
    public async Task A_hub_that_stays_busy_is_given_up()
    {
        _hub.Tricks[$"/api/models/{_hub.Repository}"] = context =>
        {
            context.Response.StatusCode = 500;
            context.Response.Close();
            return Task.FromResult(true);
        };
        Assert.Contains("gave up after 6 attempts", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hub_whose_name_nobody_knows_is_not_asked_again()
    {
        using var client = new HubClient(new HubOptions { BaseAddress = new Uri("http://hub.invalid/"), StallTimeout = Timeout }, _time);
        var exception = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(HubRepository.Parse("a/b"), TestContext.Current.CancellationToken));
        Assert.Contains("cannot be reached", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task A_damaged_generator_does_not_hide_the_others()
    {
        await PullAsync();
        Directory.CreateDirectory(_folder.File("broken"));
        await File.WriteAllTextAsync(_folder.File("broken/model_index.json"), "{", TestContext.Current.CancellationToken);
        Assert.Equal(["broken", "tiny-sd"], _library.List().Select(generator => generator.Name));
        Assert.Contains("not valid JSON", _library.List()[0].Problem, StringComparison.Ordinal);
        Assert.Null(_library.List()[1].Problem);
    }

    [Fact]
    public async Task A_silent_hub_counts_as_cut()
    {
        var silent = true;
        _hub.Tricks[$"/api/models/{_hub.Repository}"] = async _ =>
        {
            if (!silent)
            {
                return false;
            }

            silent = false;
            await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
            return true;
        };
        var stall = TimeSpan.FromMilliseconds(300);
        using var client = new HubClient(new HubOptions { BaseAddress = _hub.Address, StallTimeout = stall }, new PauseRecorder(stall));
        Assert.NotEmpty((await client.ListAsync(HubRepository.Parse(_hub.Repository), TestContext.Current.CancellationToken)).Files);
    }

    [Fact]
    public async Task A_repository_that_is_not_there_is_named()
    {
        var message = (await Assert.ThrowsAsync<HubException>(() => PullAsync("studio/nothing"))).Message;
        Assert.Contains("not found (404): check the repository studio/nothing and the revision 'main'", message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Theory]
    [InlineData(401, null, "create an access token there and give it with --token")]
    [InlineData(403, "secret", "check that the token may read it")]
    public async Task A_gated_repository_says_what_to_do_and_never_the_token(int status, string? token, string message)
    {
        _hub.Tricks[$"/api/models/{_hub.Repository}"] = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Close();
            return Task.FromResult(true);
        };
        var exception = await Assert.ThrowsAsync<HubException>(() => PullAsync(token: token));
        Assert.Contains("is gated or private", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{_hub.Address}studio/tiny-sd", exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_token_goes_to_the_hub_and_not_to_where_it_redirects()
    {
        await using var store = new FakeHub();
        store.Files["blob"] = _hub.Files[UNet];
        _hub.Tricks[_hub.PathOf(UNet)] = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.RedirectLocation = store.Address + store.PathOf("blob")[1..];
            context.Response.Close();
            return Task.FromResult(true);
        };
        _hub.Tricks[_hub.PathOf("unet/config.json")] = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.RedirectLocation = "/elsewhere/config.json";
            context.Response.Close();
            return Task.FromResult(true);
        };
        _hub.Tricks["/elsewhere/config.json"] = async context =>
        {
            await FakeHub.SendAsync(context, _hub.Files["unet/config.json"]);
            return true;
        };
        AssertIsTheTinyGenerator((await PullAsync(token: "secret")).Path);
        Assert.All(_hub.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        Assert.Contains(_hub.Requests, request => request.Path == "/elsewhere/config.json");
        Assert.Null(Assert.Single(store.Requests).Authorization);
    }

    [Fact]
    public async Task A_redirect_to_another_protocol_and_one_in_a_circle_are_refused()
    {
        var target = "file:///etc/passwd";
        _hub.Tricks[_hub.PathOf(UNet)] = context =>
        {
            context.Response.StatusCode = 302;
            context.Response.RedirectLocation = target;
            context.Response.Close();
            return Task.FromResult(true);
        };
        Assert.Contains("not safe to follow", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
        target = _hub.PathOf(UNet);
        Assert.Contains("more than 10 redirects", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../evil.json")]
    [InlineData("unet/../../evil.json")]
    [InlineData("/etc/evil.json")]
    [InlineData("unet//evil.json")]
    [InlineData("unet\\..\\evil.json")]
    [InlineData("C:evil.json")]
    [InlineData("unet/./evil.json")]
    [InlineData("unet/evil\u0000.json")]
    [InlineData("")]
    public async Task A_hub_that_lists_a_path_outside_the_repository_is_refused(string path)
    {
        _hub.Files[path] = [1];
        Assert.Contains("not a path within the repository", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
        AssertNothingVisible();
    }

    [Theory]
    [InlineData("not json", "is not JSON")]
    [InlineData("[]", "no list of files")]
    [InlineData("""{"siblings":[{"rfilename":"a"},{"rfilename":"a"}]}""", "lists 'a' twice")]
    [InlineData("""{"siblings":[{"rfilename":"a","lfs":{"sha256":"xyz","size":1}}]}""", "which is none")]
    [InlineData("""{"siblings":[7]}""", "not a path within")]
    [InlineData("""{"siblings":[{"rfilename":"README.md","size":3}]}""", "no model_index.json, so it is not a generator")]
    public async Task A_listing_that_is_not_a_generators_is_refused(string listing, string message)
    {
        _hub.Tricks[$"/api/models/{_hub.Repository}"] = async context =>
        {
            await FakeHub.SendAsync(context, Encoding.UTF8.GetBytes(listing));
            return true;
        };
        Assert.Contains(message, (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_without_a_part_or_with_pickled_weights_only_is_refused_before_anything_is_fetched()
    {
        Assert.True(_hub.Files.Remove("tokenizer/merges.txt", out var merges));
        Assert.Contains("it has no tokenizer/merges.txt", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
        _hub.Files["tokenizer/merges.txt"] = merges!;
        Assert.True(_hub.Files.Remove(UNet, out var weights));
        _hub.Files["unet/diffusion_pytorch_model.bin"] = weights!;
        Assert.Contains("runs whatever code it holds", (await Assert.ThrowsAsync<CheckpointException>(() => PullAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(2, _hub.Requests.Count);
    }

    [Fact]
    public async Task A_variant_is_taken_where_there_is_one()
    {
        _hub.Files["unet/diffusion_pytorch_model.fp16.safetensors"] = _hub.Files[UNet];
        var generator = await PullAsync(variant: "fp16");
        Assert.Equal(["config.json", "diffusion_pytorch_model.fp16.safetensors"], Directory.GetFiles(Path.Combine(generator.Path, "unet")).Select(Path.GetFileName).Order());
        Assert.Equal("fp16", generator.Source!.Variant);
        using var unet = TensorSources.OpenComponent(Path.Combine(generator.Path, "unet"));
        Assert.Equal(0, _hub.CountOf(UNet));
    }

    [Fact]
    public async Task Weights_in_several_files_are_fetched_through_their_index()
    {
        using var scope = NewDisposeScope();
        foreach (var name in new[] { "a", "b" })
        {
            using var bytes = new MemoryStream();
            SafetensorsWriter.Write(bytes, new Dictionary<string, Tensor> { [name] = ones(3) });
            _hub.Files[$"unet/diffusion_pytorch_model-{name}.safetensors"] = bytes.ToArray();
        }

        _hub.Files["unet/diffusion_pytorch_model-stray.safetensors"] = [1];
        _hub.Files["unet/diffusion_pytorch_model.safetensors.index.json"] =
            """{"weight_map":{"a":"diffusion_pytorch_model-a.safetensors","b":"diffusion_pytorch_model-b.safetensors"}}"""u8.ToArray();
        Assert.True(_hub.Files.Remove(UNet));
        var progress = new Progress();
        var generator = await PullAsync(progress: progress);
        using var unet = TensorSources.OpenComponent(Path.Combine(generator.Path, "unet"));
        Assert.Equal(["a", "b"], unet.Entries.Keys.Order());
        Assert.Equal(progress.Last.TotalSize, progress.Last.TotalBytes);
        Assert.Equal(0, _hub.CountOf("unet/diffusion_pytorch_model-stray.safetensors"));
    }

    [Fact]
    public async Task Damaged_weights_with_the_right_hash_never_get_the_generators_name()
    {
        _hub.Files[UNet] = [.. _hub.Files[UNet].AsSpan(0, 5000)];
        Assert.Contains("truncated", (await Assert.ThrowsAsync<CheckpointException>(() => PullAsync())).Message, StringComparison.Ordinal);
        AssertNothingVisible();
    }

    [Fact]
    public async Task Two_pulls_of_one_name_at_once_are_not_allowed()
    {
        using var holder = new FileStream(_folder.File(".tiny-sd.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        Assert.Contains("Another pull of 'tiny-sd' is running", (await Assert.ThrowsAsync<HubException>(() => PullAsync())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("")]
    public async Task A_name_that_is_not_a_plain_folder_name_is_refused(string name) =>
        await Assert.ThrowsAsync<FormatException>(() => PullAsync(name: name));

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _folder.Dispose();
    }

    private static void AssertIsTheTinyGenerator(string path)
    {
        var original = ParityCases.Path("models/tiny-sd");
        var expected = Directory.EnumerateFiles(original, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(original, file)).ToList();
        var actual = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(path, file));
        Assert.Equal([.. expected.Append(GeneratorLibrary.SourceFileName).Order(StringComparer.Ordinal)], actual.Order(StringComparer.Ordinal));
        Assert.All(expected, file => Assert.Equal(File.ReadAllBytes(Path.Combine(original, file)), File.ReadAllBytes(Path.Combine(path, file))));
    }

    private void AssertNothingVisible()
    {
        Assert.Empty(_library.List());
        Assert.All(Directory.GetFileSystemEntries(_folder.Path), entry => Assert.StartsWith(".", Path.GetFileName(entry), StringComparison.Ordinal));
    }

    private async Task<GeneratorEntry> PullAsync(
        string repository = "studio/tiny-sd",
        string? name = null,
        string? variant = null,
        bool replace = false,
        string? token = null,
        IProgress<PullProgress>? progress = null,
        CancellationToken? cancellationToken = null)
    {
        using var client = new HubClient(new HubOptions { BaseAddress = _hub.Address, Token = token, StallTimeout = Timeout }, _time);
        return await new GeneratorPull(client, _library).RunAsync(
            HubRepository.Parse(repository), name, variant, replace, progress, cancellationToken ?? TestContext.Current.CancellationToken);
    }

    private sealed class Progress : IProgress<PullProgress>
    {
        public Action<PullProgress>? OnReport { get; init; }

        public PullProgress Last { get; private set; }

        public void Report(PullProgress value)
        {
            Last = value;
            OnReport?.Invoke(value);
        }
    }
}
