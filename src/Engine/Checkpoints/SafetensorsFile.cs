using System.IO.MemoryMappedFiles;
using StableRep.Engine.Runtime;
using static TorchSharp.torch;

namespace StableRep.Engine.Checkpoints;

/// <summary>
/// A memory-mapped safetensors file. Opening reads and checks the header alone; a tensor's pages are read when it is. Reading from several
/// threads at once is safe.
/// </summary>
public sealed unsafe class SafetensorsFile : ITensorSource
{
    private readonly FileStream _stream;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly SafetensorsHeader _header;
    private readonly long _dataStart;
    private readonly long _length;

    private SafetensorsFile(
        string name, FileStream stream, MemoryMappedFile file, MemoryMappedViewAccessor view, SafetensorsHeader header, long dataStart, long length)
    {
        Name = name;
        _stream = stream;
        _length = length;
        _file = file;
        _view = view;
        _header = header;
        _dataStart = dataStart;
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <inheritdoc />
    public IReadOnlyDictionary<string, TensorEntry> Entries => _header.Entries;

    /// <inheritdoc />
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header: every offset, size, type and name.</summary>
    /// <exception cref="CheckpointException">The file is missing, unreadable, damaged, or not a safetensors file; the message says which.</exception>
    public static SafetensorsFile Open(string path)
    {
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(
                exception is FileNotFoundException or DirectoryNotFoundException
                    ? $"{path}: there is no such file."
                    : $"{path}: the file cannot be read: {exception.Message}",
                exception);
        }

        var length = stream.Length;
        if (length < SafetensorsHeader.PrefixBytes)
        {
            stream.Dispose();
            throw new CheckpointException($"{path}: the file has {length} bytes, fewer than the {SafetensorsHeader.PrefixBytes} that every safetensors file begins with.");
        }

        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            var (header, dataStart) = ReadHeader(path, view, length);
            return new SafetensorsFile(path, stream, file, view, header, dataStart, length);
        }
        catch
        {
            view?.Dispose();
            file?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public Tensor Read(string name)
    {
        var entry = Find(name);
        TorchRuntime.Load();
        var tensor = empty(entry.Shape.ToArray(), entry.Type, CPU);
        try
        {
            CopyTo(name, tensor);
            return tensor;
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public void CopyTo(string name, Tensor destination)
    {
        var entry = Find(name);
        if (!destination.shape.AsSpan().SequenceEqual(entry.Shape.ToArray()))
        {
            throw new CheckpointException(
                $"{Name}: tensor '{name}' has shape [{string.Join(", ", entry.Shape)}], not the [{string.Join(", ", destination.shape)}] wanted.");
        }

        // Touching pages behind the end of a file that was cut after it was opened would end the process.
        if (RandomAccess.GetLength(_stream.SafeFileHandle) < _length)
        {
            throw new CheckpointException($"{Name}: the file was cut while it was being read, so tensor '{name}' may be gone.");
        }

        byte* start = null;
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            var source = start + _view.PointerOffset + _dataStart + _header.Offsets[name];
            if (entry.Type == ScalarType.Bool)
            {
                CheckBooleans(name, source, entry.Elements);
            }

            TensorBytes.Fill(destination, source, entry.Type);
        }
        finally
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Unmaps the file. Tensors that were read stay valid.</summary>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
        _stream.Dispose();
    }

    private static (SafetensorsHeader Header, long DataStart) ReadHeader(string path, MemoryMappedViewAccessor view, long length)
    {
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            start += view.PointerOffset;
            var headerLength = SafetensorsHeader.ReadLength(new ReadOnlySpan<byte>(start, SafetensorsHeader.PrefixBytes), length, path);
            var dataStart = SafetensorsHeader.PrefixBytes + (long)headerLength;
            var json = new ReadOnlySpan<byte>(start + SafetensorsHeader.PrefixBytes, headerLength);
            return (SafetensorsHeader.Parse(json, length - dataStart, path), dataStart);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    private TensorEntry Find(string name) =>
        Entries.TryGetValue(name, out var entry) ? entry : throw new CheckpointException($"{Name}: there is no tensor '{name}' among the {Entries.Count}.");

    private void CheckBooleans(string name, byte* source, long count)
    {
        // Any other byte in a tensor of booleans is undefined behaviour in libtorch.
        for (var start = 0L; start < count; start += int.MaxValue)
        {
            var bytes = new ReadOnlySpan<byte>(source + start, (int)Math.Min(int.MaxValue, count - start));
            if (bytes.IndexOfAnyExceptInRange((byte)0, (byte)1) is >= 0 and var index)
            {
                throw new CheckpointException($"{Name}: tensor '{name}' is BOOL and holds the byte {bytes[index]} at element {start + index}; only 0 and 1 are allowed.");
            }
        }
    }
}
