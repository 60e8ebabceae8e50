using System.Text;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Images;

/// <summary>
/// Writes a WebDataset shard: a tar of samples, each a few files with one key. Nothing is visible under the final name before
/// <see cref="Complete"/>, and then the whole shard is on the disk. The same samples give the same bytes.
/// </summary>
public sealed class ShardWriter : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _stream;
    private readonly List<ShardSample> _samples = [];
    private readonly HashSet<string> _keys = [];
    private readonly byte[] _zeros = new byte[2 * TarFormat.Block];
    private bool _completed;

    /// <summary>Opens a temporary file beside <paramref name="path"/>.</summary>
    /// <param name="path">The shard's final path; a shard that is there is replaced by <see cref="Complete"/>.</param>
    public ShardWriter(string path)
    {
        _path = path;
        _temporary = DurableFile.TemporaryName(path);
        _stream = DurableFile.Create(_temporary);
    }

    /// <summary>The key of a generated image's sample, such as <c>000000042-0003</c>: keys sort as captions and images do.</summary>
    public static string KeyOf(int captionIndex, int imageIndex) => FormattableString.Invariant($"{captionIndex:D9}-{imageIndex:D4}");

    /// <summary>Adds a generated image with its caption (<c>.txt</c>) and its record (<c>.json</c>).</summary>
    /// <param name="record">How the image was made.</param>
    /// <param name="format">The image file's format.</param>
    /// <param name="image">The image file.</param>
    /// <exception cref="ArgumentException">The shard has an image of this caption and index already.</exception>
    public ShardSample AddImage(GenerationRecord record, ImageFormat format, ReadOnlyMemory<byte> image) => Add(
        KeyOf(record.CaptionIndex, record.ImageIndex),
        (format.Extension(), image),
        ("txt", Encoding.UTF8.GetBytes(record.Caption)),
        ("json", Encoding.UTF8.GetBytes(record.ToJson())));

    /// <summary>Adds one sample.</summary>
    /// <param name="key">The sample's key: no dot after its last slash, new in this shard.</param>
    /// <param name="files">The files' extensions, lower case and different from each other, and contents.</param>
    /// <returns>Where the files lie in the shard.</returns>
    /// <exception cref="ArgumentException">The key or an extension is unusable or there already; nothing of the sample is written.</exception>
    public ShardSample Add(string key, params IReadOnlyList<(string Extension, ReadOnlyMemory<byte> Content)> files)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        var names = files.Select(file => SampleName.Join(key, file.Extension)).ToArray();
        if (files.Count == 0 || names.Distinct().Count() < names.Length || !_keys.Add(key))
        {
            throw new ArgumentException($"The sample '{key}' has no files, two with one extension, or is in {_path} already.", nameof(key));
        }

        var written = new List<ShardFile>(files.Count);
        for (var i = 0; i < files.Count; i++)
        {
            var content = files[i].Content.Span;
            _stream.Write(TarFormat.FileHeader(names[i], content.Length));
            written.Add(new ShardFile(files[i].Extension, _stream.Position, content.Length));
            _stream.Write(content);
            _stream.Write(_zeros, 0, TarFormat.Padding(content.Length));
        }

        var sample = new ShardSample(key, written);
        _samples.Add(sample);
        return sample;
    }

    /// <summary>Ends the tar, flushes it to the disk and gives it its name.</summary>
    /// <returns>The index of what was written.</returns>
    public ShardIndex Complete()
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        _stream.Write(_zeros);
        _stream.Flush(flushToDisk: true);
        var length = _stream.Length;
        _stream.Dispose();
        DurableFile.Publish(_temporary, _path);
        _completed = true;
        return new ShardIndex([.. _samples], length);
    }

    /// <summary>Removes what was written, unless <see cref="Complete"/> was called.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (!_completed)
        {
            File.Delete(_temporary);
        }
    }
}
