namespace StableRep.Client;

/// <content>Captions, generators, images, probe datasets.</content>
public sealed partial class StudioClient
{
    /// <summary>Says what keeping a caption file would give; nothing is kept.</summary>
    public Task<CaptionPreview> PreviewCaptionsAsync(
        Stream file, string fileName, string? column = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        UploadAsync<CaptionPreview>("/api/v1/caption-sets:preview", file, fileName, [("column", column)], progress, cancellationToken);

    /// <summary>Keeps a caption file as a set; captions that a set has already give that set.</summary>
    /// <param name="file">The file.</param>
    /// <param name="fileName">Its name, whose ending says its format.</param>
    /// <param name="name">What to call the set, or null for the file's name.</param>
    /// <param name="column">The column that holds the captions, or null to find it.</param>
    /// <param name="progress">Told the bytes that have gone.</param>
    /// <param name="cancellationToken">Cancels; then nothing is kept.</param>
    public Task<CaptionSet> UploadCaptionsAsync(
        Stream file, string fileName, string? name = null, string? column = null, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        UploadAsync<CaptionSet>("/api/v1/caption-sets", file, fileName, [("name", name), ("column", column)], progress, cancellationToken);

    /// <summary>Caption sets.</summary>
    public IAsyncEnumerable<CaptionSet> CaptionSetsAsync(ListQuery? query = null, CancellationToken cancellationToken = default) =>
        WalkAsync<CaptionSet>("/api/v1/caption-sets", query, cancellationToken);

    /// <summary>One caption set.</summary>
    public Task<CaptionSet> CaptionSetAsync(Guid id, CancellationToken cancellationToken = default) => GetAsync<CaptionSet>($"/api/v1/caption-sets/{id}", cancellationToken);

    /// <summary>A set's captions in order; a filter such as <c>text ~ "dog"</c> finds a text in them.</summary>
    public IAsyncEnumerable<Caption> CaptionsAsync(Guid id, ListQuery? query = null, CancellationToken cancellationToken = default) =>
        WalkAsync<Caption>($"/api/v1/caption-sets/{id}/captions", query, cancellationToken);

    /// <summary>Deletes a caption set that nothing uses.</summary>
    public Task DeleteCaptionSetAsync(Guid id, CancellationToken cancellationToken = default) => DeleteAsync($"/api/v1/caption-sets/{id}", cancellationToken);

    /// <summary>The generators.</summary>
    public Task<IReadOnlyList<Generator>> GeneratorsAsync(CancellationToken cancellationToken = default) =>
        GetAsync<IReadOnlyList<Generator>>("/api/v1/generators", cancellationToken);

    /// <summary>Begins to fetch a generator from the studio's hub.</summary>
    public Task<GeneratorPull> PullGeneratorAsync(string repository, string? revision = null, string? name = null, CancellationToken cancellationToken = default) =>
        PostAsync<GeneratorPull>("/api/v1/generators/pulls", new { repository, revision, name }, cancellationToken);

    /// <summary>How far a pull has come.</summary>
    public Task<GeneratorPull> PullAsync(Guid id, CancellationToken cancellationToken = default) => GetAsync<GeneratorPull>($"/api/v1/generators/pulls/{id}", cancellationToken);

    /// <summary>Image sets.</summary>
    public IAsyncEnumerable<ImageSet> ImageSetsAsync(ListQuery? query = null, CancellationToken cancellationToken = default) =>
        WalkAsync<ImageSet>("/api/v1/image-sets", query, cancellationToken);

    /// <summary>A set's images in the order of their captions.</summary>
    public IAsyncEnumerable<SetImage> ImagesAsync(Guid imageSetId, ListQuery? query = null, CancellationToken cancellationToken = default) =>
        WalkAsync<SetImage>($"/api/v1/image-sets/{imageSetId}/images", query, cancellationToken);

    /// <summary>An image's file, a PNG.</summary>
    public Task<Stream> OpenImageAsync(long id, CancellationToken cancellationToken = default) => OpenAsync(FormattableString.Invariant($"/api/v1/images/{id}"), cancellationToken);

    /// <summary>An image made small, as WebP.</summary>
    /// <param name="id">The image.</param>
    /// <param name="size">The longer side: 64, 128 or 256.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<Stream> OpenThumbnailAsync(long id, int size = 128, CancellationToken cancellationToken = default) =>
        OpenAsync(FormattableString.Invariant($"/api/v1/images/{id}/thumbnail?size={size}"), cancellationToken);

    /// <summary>The probe datasets.</summary>
    public Task<IReadOnlyList<ProbeDataset>> ProbeDatasetsAsync(CancellationToken cancellationToken = default) =>
        GetAsync<IReadOnlyList<ProbeDataset>>("/api/v1/probe-datasets", cancellationToken);

    /// <summary>Uploads a zip file with train and test folders, each with a folder of pictures per class.</summary>
    public Task<ProbeDataset> UploadProbeDatasetAsync(Stream file, string name, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        UploadAsync<ProbeDataset>("/api/v1/probe-datasets", file, name + ".zip", [("name", name)], progress, cancellationToken);
}
