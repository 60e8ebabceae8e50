using System.Runtime.InteropServices;
using System.Security.Cryptography;
using StableRep.Engine.Images;

namespace StableRep.Engine.Evaluation.Datasets;

/// <summary>Some images of a split, by index.</summary>
internal sealed class SubsetImages(ILabelledImages images, int[] indices) : ILabelledImages
{
    public string Key { get; } = $"{images.Key} subset {Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(indices.AsSpan())))}";

    public IReadOnlyList<string> ClassNames => images.ClassNames;

    public int Count => indices.Length;

    public LabelledImage Get(int index) => images.Get(indices[index]);

    public PixelImage Read(int index) => images.Read(indices[index]);
}
