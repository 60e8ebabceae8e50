using System.Text.Json;

namespace StableRep.Client;

/// <summary>A generator.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Hash">The content hash of its files.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="ImageSize">Width and height of its images.</param>
/// <param name="Config">Its components' configurations.</param>
/// <param name="InstalledAt">When it was installed.</param>
public sealed record Generator(Guid Id, string Name, string Hash, string Source, int ImageSize, JsonElement Config, DateTimeOffset InstalledAt);

/// <summary>How far the fetching of a generator has come.</summary>
/// <param name="Id">The pull's id.</param>
/// <param name="Repository">The repository.</param>
/// <param name="Revision">The branch, tag or commit.</param>
/// <param name="Name">What the generator will be called.</param>
/// <param name="State"><c>running</c>, <c>done</c>, <c>failed</c> or <c>cancelled</c>.</param>
/// <param name="Bytes">The bytes that have come.</param>
/// <param name="Size">The bytes of all files known so far.</param>
/// <param name="BytesPerSecond">The mean speed.</param>
/// <param name="GeneratorId">The generator, once it is there.</param>
/// <param name="Failure">Why it failed, or null.</param>
public sealed record GeneratorPull(
    Guid Id, string Repository, string Revision, string Name, string State, long Bytes, long Size, double BytesPerSecond, Guid? GeneratorId, string? Failure);

/// <summary>An image set.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CaptionSetId">The captions.</param>
/// <param name="CaptionSet">The caption set's name.</param>
/// <param name="GeneratorId">The generator.</param>
/// <param name="Generator">The generator's name.</param>
/// <param name="GuidanceScale">The guidance scale.</param>
/// <param name="ImagesPerPrompt">Images per prompt.</param>
/// <param name="Sampler">The sampler.</param>
/// <param name="Steps">Denoising steps.</param>
/// <param name="Seed">The seed of the noise.</param>
/// <param name="CaptionCount">The captions used.</param>
/// <param name="Images">The images that it will have.</param>
/// <param name="ImagesDone">The images that are there.</param>
/// <param name="CreatedAt">When it was first asked for.</param>
public sealed record ImageSet(
    Guid Id, Guid CaptionSetId, string CaptionSet, Guid GeneratorId, string Generator, double GuidanceScale, int ImagesPerPrompt, string Sampler, int Steps,
    long Seed, int CaptionCount, long Images, long ImagesDone, DateTimeOffset CreatedAt);

/// <summary>An image of a set.</summary>
/// <param name="Id">Its id.</param>
/// <param name="CaptionIndex">The caption's number, from 0.</param>
/// <param name="ImageIndex">The image's number among those of its caption, from 0.</param>
/// <param name="Caption">The caption.</param>
/// <param name="Seed">The seed of its noise.</param>
/// <param name="Bytes">The file's bytes.</param>
public sealed record SetImage(long Id, int CaptionIndex, int ImageIndex, string Caption, long Seed, int Bytes);
