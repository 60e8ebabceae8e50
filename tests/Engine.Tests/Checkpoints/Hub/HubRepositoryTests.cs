using StableRep.Engine.Checkpoints.Hub;

namespace StableRep.Engine.Tests.Checkpoints.Hub;

public sealed class HubRepositoryTests
{
    [Theory]
    [InlineData("owner/name", null, "owner/name", "main", null)]
    [InlineData(" owner/name ", "fp16", "owner/name", "fp16", null)]
    [InlineData("name", null, "name", "main", null)]
    [InlineData("https://huggingface.co/owner/name", null, "owner/name", "main", "https://huggingface.co/")]
    [InlineData("https://huggingface.co/owner/name/", null, "owner/name", "main", "https://huggingface.co/")]
    [InlineData("https://huggingface.co/owner/name/tree/fp16", null, "owner/name", "fp16", "https://huggingface.co/")]
    [InlineData("https://huggingface.co/owner/name/blob/fp16/unet/config.json?download=true", null, "owner/name", "fp16", "https://huggingface.co/")]
    [InlineData("https://huggingface.co/owner/name/tree/fp16", "main", "owner/name", "main", "https://huggingface.co/")]
    [InlineData("http://127.0.0.1:8080/owner/name", null, "owner/name", "main", "http://127.0.0.1:8080/")]
    public void Parse_reads_names_and_addresses(string text, string? revision, string id, string expectedRevision, string? baseAddress)
    {
        var repository = HubRepository.Parse(text, revision);
        Assert.Equal((id, expectedRevision, baseAddress), (repository.Id, repository.Revision, repository.BaseAddress?.AbsoluteUri));
    }

    [Theory]
    [InlineData("")]
    [InlineData("owner/")]
    [InlineData("../name")]
    [InlineData("owner/na..me")]
    [InlineData("a/b/c")]
    [InlineData("owner/name?x")]
    [InlineData("ftp://host/owner/name")]
    [InlineData("https://user:password@host/owner/name")]
    [InlineData("https://host/datasets/owner/name")]
    public void Parse_of_anything_else_is_refused(string text) => Assert.Throws<FormatException>(() => HubRepository.Parse(text));

    [Theory]
    [InlineData("https://huggingface.co/owner/name", "secret")]
    [InlineData("owner/name", "secret")]
    [InlineData("https://elsewhere.example/owner/name", null)]
    [InlineData("http://huggingface.co/owner/name", null)]
    public void The_token_is_kept_for_the_configured_hub_alone(string text, string? token) =>
        Assert.Equal(token, new HubOptions { Token = "secret" }.For(HubRepository.Parse(text)).Token);
}
