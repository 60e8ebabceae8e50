using System.Text.Json;
using System.Text.Json.Nodes;
using StableRep.Data.Accounts;

namespace StableRep.Api.Tests.Http;

/// <summary>The table: what must never do harm, each with its answer.</summary>
internal static class HostileRequests
{
    private const string Input = "invalid-input";
    private const string Sql = "'; DROP TABLE app.experiments; --";

    /// <summary>Every request.</summary>
    /// <param name="captions">A caption set with 12 captions, an admin's.</param>
    /// <param name="generator">A generator.</param>
    /// <param name="mine">A draft of the researcher's.</param>
    /// <param name="theirs">A draft of an admin's.</param>
    /// <param name="image">An image.</param>
    /// <param name="broken">An image whose bytes are none.</param>
    public static IReadOnlyList<HostileRequest> All(Guid captions, Guid generator, Guid mine, Guid theirs, long image, long broken) =>
    [
        .. Experiments(captions, generator),
        .. Steering(mine, theirs),
        .. Lists(mine),
        .. Files(mine, image, broken),
        .. Captions(captions),
        .. Datasets(),
        .. Generators(),
        .. People(),
    ];

    private static IEnumerable<HostileRequest> Experiments(Guid captions, Guid generator)
    {
        HostileRequest Raw(string name, string json, int status = 400, string problem = Input) => new HostileRequest(name, "POST", "/experiments", status, problem).WithJson(json);
        HostileRequest Changed(string name, string path, string value)
        {
            var wanted = JsonSerializer.SerializeToNode(Tests.Client.EndToEndTests.Wanted(captions, generator) with { Probes = [] }, JsonSerializerOptions.Web)!;
            JsonNode place = wanted;
            var parts = path.Split('.');
            foreach (var part in parts[..^1])
            {
                place = place[part]!;
            }

            const string Mark = "here it goes";
            place[parts[^1]] = Mark;
            return Raw(name, wanted.ToJsonString().Replace($"\"{Mark}\"", value, StringComparison.Ordinal));
        }

        yield return new("no body", "POST", "/experiments", 400, Input) { Body = () => new StringContent("", null, "application/json") };
        yield return Raw("no JSON", "{");
        yield return Raw("a list for an object", "[]");
        yield return Raw("null", "null");
        yield return Raw("nothing of what is required", "{}");
        yield return Raw("deep nesting", new string('[', 500) + new string(']', 500));
        yield return new HostileRequest("another content type", "POST", "/experiments", 415, "unsupported-media-type").WithRaw("text/plain", "name=x"u8.ToArray());
        yield return Changed("a number for a name", "name", "7");
        yield return Changed("null for a name", "name", "null");
        yield return Changed("no name", "name", "\"  \"");
        yield return Changed("a long name", "name", $"\"{new string('x', 201)}\"");
        yield return Changed("a NUL in a name", "name", "\"a\\u0000b\"");
        yield return Changed("half a surrogate", "name", "\"\\ud800\"");
        yield return Changed("an unknown field", "owner", "\"me\"");
        yield return Changed("3 MB of notes", "notes", $"\"{new string('x', 3 << 20)}\"");
        yield return Changed("null among tags", "tags", "[null]");
        yield return Changed("many tags", "tags", $"[{string.Join(',', Enumerable.Repeat("\"x\"", 100))}]");
        yield return Changed("a high priority", "priority", "11");
        yield return Changed("null among probes", "probes", "[null]");
        yield return Changed("an unknown kind of probe", "probes", """[{"kind":"psychic","dataset":"few-objects"}]""");
        yield return Changed("a number for a kind", "probes", """[{"kind":1,"dataset":"few-objects"}]""");
        yield return Changed("a path for a dataset", "probes", """[{"kind":"knn","dataset":"../../../etc"}]""");
        yield return Changed("a probe twice", "probes", """[{"kind":"knn","dataset":"scenes-objects"},{"kind":"knn","dataset":"scenes-objects"}]""");
        yield return Changed("a probe with text for a method without", "probes", """[{"kind":"zero_shot","dataset":"scenes-objects"}]""");
        yield return Changed("NaN", "images.guidanceScale", "NaN");
        yield return Changed("NaN as text", "images.guidanceScale", "\"NaN\"");
        yield return Changed("infinity", "images.guidanceScale", "1e999");
        yield return Changed("a negative guidance scale", "images.guidanceScale", "-1");
        yield return Changed("a negative count", "images.imagesPerPrompt", "-5");
        yield return Changed("a count beyond 32 bits", "images.imagesPerPrompt", "2147483648");
        yield return Changed("half a step", "images.steps", "1.5");
        yield return Changed("a seed beyond 64 bits", "images.seed", "1e30");
        yield return Changed("more captions than there are", "images.captionCount", "13");
        yield return Changed("SQL for a sampler", "images.sampler", $"\"{Sql}\"");
        yield return Changed("a long negative prompt", "images.negativePrompt", $"\"{new string('x', 2001)}\"");
        yield return Changed("unknown captions", "images.captionSetId", $"\"{Guid.Empty}\"");
        yield return Changed("SQL for captions", "images.captionSetId", $"\"{Sql}\"");
        yield return Changed("an unknown generator", "images.generatorId", $"\"{Guid.Empty}\"");
        yield return Changed("an unknown method", "recipe.method", "\"magic\"");
        yield return Changed("a method without labels", "recipe.method", "\"supervised\"");
        yield return Changed("an unknown field of a recipe", "recipe.exec", "\"rm -rf /\"");
        yield return Changed("negative batches", "recipe.setsPerBatch", "-1");
        yield return Changed("endless epochs", "recipe.epochs", "1e999");
        yield return Changed("a negative width", "recipe.backboneShape.width", "-32");
        yield return Changed("null for a recipe", "recipe", "null");
    }

    private static IEnumerable<HostileRequest> Steering(Guid mine, Guid theirs)
    {
        yield return new("an unknown experiment", "GET", $"/experiments/{Guid.Empty}", 404, "not-found");
        yield return new("no id", "GET", "/experiments/1%20OR%201=1", 404, "not-found");
        yield return new("an unknown address", "GET", "/nothing/..%2f..%2fetc%2fpasswd", 404, "not-found");
        yield return new("another method", "PUT", "/experiments", 405, "method-not-allowed");
        yield return new HostileRequest("an edit of no version", "PATCH", $"/experiments/{mine}", 428, "version-required").WithJson("""{"name":"x"}""");
        yield return new HostileRequest("an edit of nonsense", "PATCH", $"/experiments/{mine}", 412, "stale") { Header = ("If-Match", "\"nonsense\"") }.WithJson("""{"name":"x"}""");
        yield return new HostileRequest("an edit of an old version", "PATCH", $"/experiments/{mine}", 412, "stale") { Header = ("If-Match", "\"1\"") }.WithJson("""{"name":"x"}""");
        yield return new HostileRequest("an edit to no name", "PATCH", $"/experiments/{mine}", 400, Input) { Header = ("If-Match", "*") }.WithJson("""{"name":""}""");
        yield return new HostileRequest("an edit of the state", "PATCH", $"/experiments/{mine}", 400, Input) { Header = ("If-Match", "*") }.WithJson("""{"state":"done"}""");
        yield return new HostileRequest("an edit of somebody else's", "PATCH", $"/experiments/{theirs}", 403, "forbidden") { Header = ("If-Match", "*") }.WithJson("""{"name":"x"}""");
        yield return new("a launch of somebody else's", "POST", $"/experiments/{theirs}/launch", 403, "forbidden");
        yield return new("a deletion of somebody else's", "DELETE", $"/experiments/{theirs}", 403, "forbidden");
        yield return new("a pause of a draft", "POST", $"/experiments/{mine}/pause", 409, "illegal-transition");
        yield return new("an unknown action", "POST", $"/experiments/{mine}/explode", 404, "not-found");
        yield return new HostileRequest("a probe on a path", "POST", $"/experiments/{mine}/probes", 400, Input).WithJson("""{"kind":"knn","dataset":"/etc"}""");
        yield return new($"a clone with a long name", "POST", $"/experiments/{mine}/clone?name={new string('x', 300)}", 400, Input);
    }

    private static IEnumerable<HostileRequest> Lists(Guid mine)
    {
        HostileRequest List(string name, string query) => new(name, "GET", "/experiments?" + query, 400, Input);
        yield return List("no items a page", "page_size=0");
        yield return List("a million items a page", "page_size=1000000");
        yield return List("text for a size", "page_size=many");
        yield return List("a made-up page token", "page_token=AAAA");
        yield return List("SQL for a page token", "page_token=" + Uri.EscapeDataString(Sql));
        yield return List("SQL for a filter", "filter=" + Uri.EscapeDataString("name = 'x' OR 1=1; DROP TABLE app.users"));
        yield return List("a filter by what is no field", "filter=" + Uri.EscapeDataString("password = \"x\""));
        yield return List("half a filter", "filter=" + Uri.EscapeDataString("name = \""));
        yield return List("a deep filter", "filter=" + new string('(', 500));
        yield return List("a long filter", "filter=" + Uri.EscapeDataString("name = \"" + new string('x', 3000) + "\""));
        yield return List("a filter by NaN", "filter=" + Uri.EscapeDataString("guidance_scale > NaN"));
        yield return List("a filter by no state", "filter=" + Uri.EscapeDataString("state = \"exploded\""));
        yield return List("a NUL in a filter", "filter=" + Uri.EscapeDataString("name = \"\0\""));
        yield return List("an order by what is no field", "order_by=" + Uri.EscapeDataString("name; DROP TABLE app.users"));
        yield return new("events before the first", "GET", $"/experiments/{mine}/history?after=-1", 400, Input);
        yield return new("too many events", "GET", $"/experiments/{mine}/history?limit=1000000000", 400, Input);
        yield return new("no buckets", "GET", $"/experiments/{mine}/metrics/buckets?series=x&buckets=0", 400, Input);
        yield return new("too many buckets", "GET", $"/experiments/{mine}/metrics/buckets?series=x&buckets=1000000000", 400, Input);
        yield return new("steps backwards", "GET", $"/experiments/{mine}/metrics/buckets?series=x&from=10&to=1", 400, Input);
        yield return new("no series", "GET", $"/experiments/{mine}/metrics/buckets", 400, Input);
        yield return new("an unknown series", "GET", $"/experiments/{mine}/metrics/points?series={Uri.EscapeDataString(Sql)}", 404, "not-found");
        yield return new("an unknown format", "GET", $"/experiments/{mine}/metrics/points?series=x&format=exe", 400, Input);
        yield return new("jobs in no state", "GET", "/jobs?state=exploded", 400, Input);
        yield return new("too many jobs", "GET", "/jobs?limit=-1", 400, Input);
    }

    private static IEnumerable<HostileRequest> Files(Guid mine, long image, long broken)
    {
        yield return new("an image before the first", "GET", "/images/-1", 404, "not-found");
        yield return new("an image beyond 64 bits", "GET", "/images/99999999999999999999", 404, "not-found");
        yield return new("a huge thumbnail", "GET", $"/images/{image}/thumbnail?size=1000000", 400, Input);
        yield return new("text for a thumbnail's size", "GET", $"/images/{image}/thumbnail?size=big", 400, Input);
        yield return new("a range beyond the image", "GET", $"/images/{image}", 416, "range") { Header = ("Range", "bytes=100000000-") };
        yield return new("a thumbnail of what is no image", "GET", $"/images/{broken}/thumbnail", 422, "image");
        yield return new("an unknown image set", "GET", $"/image-sets/{Guid.Empty}/images", 404, "not-found");
        yield return new("an unknown shard", "GET", $"/image-sets/{Guid.Empty}/shards/0", 404, "not-found");
        yield return new("a path for an encoder's file", "GET", $"/experiments/{mine}/encoder/..%2f..%2f..%2fetc%2fpasswd", 404, "not-found");
        yield return new("a path for a checkpoint's file", "GET", $"/experiments/{mine}/checkpoints/1/..%2fstate.json", 404, "not-found");
    }

    private static IEnumerable<HostileRequest> Captions(Guid captions)
    {
        HostileRequest Upload(string name, string fileName, byte[] content, int status = 422, string problem = "caption-file", params (string, string)[] fields) =>
            new HostileRequest(name, "POST", "/caption-sets", status, problem).WithFile(fileName, content, fields);

        yield return Upload("a program for captions", "captions.exe", HostileFiles.Text("one\n"));
        yield return Upload("an empty file", "captions.txt", []);
        yield return Upload("10 MB of blanks", "captions.txt", HostileFiles.Text(new string(' ', 10 << 20)));
        yield return Upload("a path for a name", "../..", HostileFiles.Text("one\n"));
        yield return Upload("a truncated Parquet file", "captions.parquet", [.. "PAR1"u8, 1, 2, 3]);
        yield return Upload("a Parquet file that lies about its length", "captions.parquet", [.. "PAR1"u8, 0xFF, 0xFF, 0xFF, 0x7F, .. "PAR1"u8]);
        yield return Upload("a truncated gzip file", "captions.txt.gz", HostileFiles.Gzip(HostileFiles.Text(string.Join('\n', Enumerable.Range(0, 5000))))[..200]);
        yield return Upload("noise for gzip", "captions.txt.gz", [0x1F, 0x8B, 9, 9, 9, 9, 9, 9, 9, 9]);
        yield return Upload("a column that is not there", "captions.csv", HostileFiles.Text("a,b\n1,2\n"), fields: ("column", "caption"));
        yield return Upload("JSON that breaks off", "captions.json", HostileFiles.Text("[\"one\", \"tw"));
        yield return Upload("deep JSON", "captions.json", HostileFiles.Text(new string('[', 100_000)));
        yield return Upload("a long name of a set", "captions.txt", HostileFiles.Text("one\n"), 400, Input, ("name", new string('x', 201)));
        yield return Upload("a long column", "captions.csv", HostileFiles.Text("a\n1\n"), 400, Input, ("column", new string('x', 10_000)));
        yield return new HostileRequest("JSON for a form", "POST", "/caption-sets", 415, "unsupported-media-type").WithJson("{}");
        yield return new HostileRequest("a form without a boundary", "POST", "/caption-sets", 400, Input).WithRaw("multipart/form-data", "x"u8.ToArray());
        yield return new HostileRequest("a form that breaks off", "POST", "/caption-sets", 400, Input)
            .WithRaw("multipart/form-data; boundary=b", HostileFiles.Text("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\none"));
        yield return new HostileRequest("a form without a file", "POST", "/caption-sets", 400, Input) { Body = () => new MultipartFormDataContent { { new StringContent("x"), "name" } } };
        yield return new HostileRequest("a form with two files", "POST", "/caption-sets", 400, Input)
        {
            Body = () => new MultipartFormDataContent { { new StringContent("one"), "file", "a.txt" }, { new StringContent("two"), "file", "b.txt" } },
        };
        yield return new HostileRequest("a file of the server", "POST", "/caption-sets:import", 400, Input).WithJson("""{"path":"/etc/passwd"}""");
        yield return new HostileRequest("a relative file of the server", "POST", "/caption-sets:import", 400, Input).WithJson("""{"path":"../appsettings.json"}""");
        yield return new("an unknown caption set", "GET", $"/caption-sets/{Guid.Empty}/captions", 404, "not-found");
        yield return new HostileRequest("a new name for somebody else's captions", "PATCH", $"/caption-sets/{captions}", 403, "forbidden").WithJson("""{"name":"mine"}""");
        yield return new("a deletion of somebody else's captions", "DELETE", $"/caption-sets/{captions}", 403, "forbidden");
        yield return new("a deletion of captions in use", "DELETE", $"/caption-sets/{captions}", 409, "conflict") { Role = StudioRole.Admin };
    }

    private static IEnumerable<HostileRequest> Datasets()
    {
        HostileRequest Upload(string name, byte[] content, int status = 422, string problem = "probe-dataset", string title = "new") =>
            new HostileRequest(name, "POST", "/probe-datasets", status, problem).WithFile("data.zip", content, ("name", title));
        byte[] OnlyOf(byte[] picture) => HostileFiles.Zip(("train/a/1.png", picture), ("train/b/1.png", picture), ("test/a/2.png", picture), ("test/b/2.png", picture));

        yield return Upload("no zip file", HostileFiles.Text("PK but not really"));
        yield return Upload("a truncated zip file", HostileFiles.Dataset()[..150]);
        yield return Upload("an archive that leaves its folder", HostileFiles.Dataset(("../../escaped.png", HostileFiles.Picture)));
        yield return Upload("an archive that leaves its folder as on Windows", HostileFiles.Dataset(("..\\..\\escaped.png", HostileFiles.Picture)));
        yield return Upload("an archive with an absolute path", HostileFiles.Dataset(("/tmp/escaped.png", HostileFiles.Picture)));
        yield return Upload("an archive with a link", HostileFiles.ZipWithLink());
        yield return Upload("an archive with a file twice", HostileFiles.Dataset(("train/a/1.png", HostileFiles.Picture)));
        yield return Upload("a zip bomb", HostileFiles.Bomb());
        yield return Upload("an archive without a test split", HostileFiles.Zip(("train/a/1.png", HostileFiles.Picture)));
        yield return Upload("a picture that lies about its size", OnlyOf(HostileFiles.LyingPicture()));
        yield return Upload("a page for a picture", OnlyOf(HostileFiles.Text("<script>alert(1)</script>")));
        yield return Upload("a truncated picture", OnlyOf(HostileFiles.Picture[..40]));
        yield return Upload("a path for a dataset's name", HostileFiles.Dataset(), 400, Input, "../evil");
        yield return Upload("the name of a dataset that is there", HostileFiles.Dataset(), 409, "conflict", "scenes-objects");
        yield return new("a deletion of a drawn dataset", "DELETE", "/probe-datasets/scenes-objects", 409, "conflict") { Role = StudioRole.Admin };
        yield return new("a deletion of a path", "DELETE", "/probe-datasets/..%2f..%2fetc", 404, "not-found") { Role = StudioRole.Admin };
    }

    private static IEnumerable<HostileRequest> Generators()
    {
        HostileRequest Pull(string name, string json) => new HostileRequest(name, "POST", "/generators/pulls", 400, Input).WithJson(json);
        yield return Pull("a path for a repository", """{"repository":"../../etc"}""");
        yield return Pull("an address inside the network", """{"repository":"http://169.254.169.254/latest/meta-data"}""");
        yield return Pull("a file for a repository", """{"repository":"file:///etc/passwd"}""");
        yield return Pull("a path for a revision", """{"repository":"a/b","revision":"../../x"}""");
        yield return Pull("a path for a generator's name", """{"repository":"a/b","name":"../evil"}""");
        yield return Pull("null for a repository", """{"repository":null}""");
        yield return new("an unknown pull", "GET", $"/generators/pulls/{Guid.Empty}", 404, "not-found");
        yield return new("an unknown generator to delete", "DELETE", $"/generators/{Guid.Empty}", 404, "not-found") { Role = StudioRole.Admin };
        yield return new("a researcher who deletes a generator", "DELETE", $"/generators/{Guid.Empty}", 403, "forbidden");
    }

    private static IEnumerable<HostileRequest> People()
    {
        yield return new("nobody", "GET", "/experiments", 401, "unauthenticated") { Role = null };
        yield return new("a made-up token", "GET", "/experiments", 401, "unauthenticated") { Role = null, Header = ("Authorization", "Bearer srs_made_up") };
        yield return new HostileRequest("a viewer who creates", "POST", "/experiments", 403, "forbidden") { Role = StudioRole.Viewer }.WithJson("{}");
        yield return new("a viewer who looks into the queue", "GET", "/jobs/queue", 403, "forbidden") { Role = StudioRole.Viewer };
        yield return new("huge headers", "GET", "/experiments", 431, "") { Header = ("X-Huge", new string('x', 60_000)) };
    }
}
