using System.IO.Compression;
using System.Text;
using Parquet;
using Parquet.Schema;
using StableRep.Api.CaptionSets;

namespace StableRep.Api.Tests.CaptionSets;

public sealed class CaptionFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("stablerep-captions-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.txt", "one\ntwo\r\nthree", null, "one|two|three")]
    [InlineData("a.txt", "one\r\rtwo\r", null, "one||two")]
    [InlineData("a.txt", "", null, "")]
    [InlineData("a.csv", "id,caption\n1,\"a cat, asleep\"\n2,\"he said \"\"hi\"\"\"\n", "caption", "a cat, asleep|he said \"hi\"")]
    [InlineData("a.csv", "Alt Text,url\na cat,http://x/1\n", "Alt Text", "a cat")]
    [InlineData("a.csv", "http://x/1,a cat on a mat\nhttp://x/2,two dogs\n", "1", "a cat on a mat|two dogs")]
    [InlineData("a.csv", "\"two\nlines\",1\nplain,2\n", "0", "two\nlines|plain")]
    [InlineData("Train_GCC-training.tsv", "a very typical bus station\thttp://x/1\nsierra \"looked stunning\tin this top http://x/2\n", "0", "a very typical bus station|sierra \"looked stunning")]
    [InlineData("a.jsonl", "{\"text\":\"one\",\"n\":1}\n{\"text\":\"two\"}\n", "text", "one|two")]
    [InlineData("a.jsonl", "\"one\"\n\"two\"\n", null, "one|two")]
    [InlineData("a.json", "[\"one\",\"two\"]", null, "one|two")]
    [InlineData("a.json", "[{\"url\":\"u\",\"title\":\"one\"},{\"title\":\"two\",\"url\":\"u\"}]", "title", "one|two")]
    [InlineData("redcaps.json", "{\"info\":{\"url\":\"u\",\"authors\":[1,{\"a\":2}]},\"annotations\":[{\"image_id\":\"x\",\"caption\":\"my cat\",\"raw_caption\":\"My cat!\"},{\"caption\":\"a dog\"}]}", "caption", "my cat|a dog")]
    public async Task Each_format_is_read_and_its_column_found(string name, string content, string? column, string expected)
    {
        foreach (var zipped in (bool[])[false, true])
        {
            var (captions, found) = await ReadAsync(name + (zipped ? ".gz" : ""), Encoding.UTF8.GetBytes(content), zipped);
            Assert.Equal(expected, string.Join('|', captions.Select(caption => caption.Text)));
            Assert.Equal(column, found);
        }
    }

    [Fact]
    public async Task Parquet_as_img2dataset_writes_it_is_read()
    {
        var path = Path.Combine(_folder, "00000.parquet");
        var caption = new DataField<string>("caption");
        var url = new DataField<string>("url");
        await using (var file = File.Create(path))
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(url, caption), file, cancellationToken: Stop))
        {
            foreach (var text in (string[])["one", "two"])
            {
                using var rows = writer.CreateRowGroup();
                await rows.WriteAsync(url, (string[])["u", "u"]);
                await rows.WriteAsync(caption, new string[] { text, null! });
            }
        }

        foreach (var zipped in (bool[])[false, true])
        {
            var (captions, found) = await ReadAsync("00000.parquet" + (zipped ? ".gz" : ""), await File.ReadAllBytesAsync(path, Stop), zipped);
            Assert.Equal(["one", "", "two", ""], captions.Select(entry => entry.Text));
            Assert.Equal("caption", found);
        }
    }

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-8", false)]
    [InlineData("latin1", false)]
    public async Task Encodings_are_recognised(string encoding, bool mark)
    {
        var codec = Encoding.GetEncoding(encoding);
        var text = string.Join('\n', Enumerable.Repeat("ein café in Zürich", 9000));
        byte[] bytes = [.. mark ? codec.GetPreamble() : [], .. codec.GetBytes(text)];
        foreach (var name in (string[])["a.txt", "a.csv", "a.tsv"])
        {
            var (captions, _) = await ReadAsync(name, bytes, zipped: false);
            Assert.Equal(9000, captions.Count);
            Assert.All(captions, caption => Assert.Equal("ein café in Zürich", caption.Text));
        }
    }

    [Fact]
    public async Task A_malformed_line_is_told_with_its_number_and_the_rest_is_read()
    {
        var (captions, _) = await ReadAsync("a.jsonl", "{\"text\":\"one\"}\n{broken\n\n{\"text\":5}\n{\"text\":\"two\"}"u8.ToArray(), zipped: false);
        Assert.Equal([(1, "one"), (2, null), (3, ""), (4, null), (5, "two")], captions.Select(caption => ((int)caption.Line, caption.Text)));
    }

    [Theory]
    [InlineData("a.json", "{\"a\": 1}", "no array of captions")]
    [InlineData("a.json", "[{\"a\": 1}]", "no key that looks like a caption")]
    [InlineData("a.json", "[\"one\", ", "broken after entry 1")]
    [InlineData("a.parquet", "PAR1 not really", "Parquet file is damaged")]
    [InlineData("a.txt.gz", "not gzip at all", "gzip stream is damaged")]
    public async Task A_file_that_is_not_of_its_format_is_refused_with_the_reason(string name, string content, string reason)
    {
        var refusal = await Assert.ThrowsAsync<CaptionFileException>(() => ReadAsync(name, Encoding.UTF8.GetBytes(content), zipped: false));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_json_document_far_larger_than_a_buffer_is_read()
    {
        var entries = Enumerable.Range(0, 50_000).Select(i => $$"""{"image_id": {{i}}, "nested": {"a": [1, 2, {"b": "]"}]}, "caption": "caption number {{i}}"}""");
        var (captions, _) = await ReadAsync("a.json", Encoding.UTF8.GetBytes($"{{\"annotations\": [{string.Join(",\n", entries)}]}}"), zipped: true);
        Assert.Equal(Enumerable.Range(0, 50_000).Select(i => $"caption number {i}"), captions.Select(caption => caption.Text));
    }

    [Fact]
    public async Task A_chosen_column_that_is_not_there_is_named_with_those_that_are()
    {
        var path = Path.Combine(_folder, "a");
        await File.WriteAllTextAsync(path, "id,caption\n1,cat\n", Stop);
        var file = CaptionFile.Open(path, "a.csv");
        var refusal = await Assert.ThrowsAsync<CaptionFileException>(async () => await file.ReadAsync("nothing", _ => { }, Stop).CountAsync(Stop));
        Assert.Contains("'nothing': the first row has 'id', 'caption'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_kind_is_refused() =>
        Assert.Contains("name it .txt", Assert.Throws<CaptionFileException>(() => CaptionFile.Open("no-matter", "captions.xlsx")).Message, StringComparison.Ordinal);

    private async Task<(List<RawCaption> Captions, string? Column)> ReadAsync(string name, byte[] content, bool zipped)
    {
        var path = Path.Combine(_folder, Guid.NewGuid().ToString("N"));
        await using (Stream file = zipped ? new GZipStream(File.Create(path), CompressionLevel.Fastest) : File.Create(path))
        {
            await file.WriteAsync(content, Stop);
        }

        string? column = "never told";
        var captions = await CaptionFile.Open(path, name).ReadAsync(null, found => column = found.Chosen, Stop).ToListAsync(Stop);
        return (captions, column == "never told" ? null : column);
    }
}
