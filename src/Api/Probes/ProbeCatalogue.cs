using Microsoft.Extensions.Options;
using StableRep.Api.Hosting;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Evaluation.Datasets;
using StableRep.Engine.Scenes;

namespace StableRep.Api.Probes;

/// <summary>The probe datasets of a node: those that the studio draws itself, and the folders and archives under <c>probe-datasets</c> of the data folder.</summary>
public sealed class ProbeCatalogue(IOptions<StudioOptions> options)
{
    private string Folder => options.Value.PathOf("probe-datasets");

    /// <summary>Every dataset's name.</summary>
    public IReadOnlyList<string> Names() =>
    [
        .. SceneProbes.Names,
        .. (Directory.Exists(Folder) ? Directory.EnumerateFileSystemEntries(Folder) : [])
            .Select(Path.GetFileName).OfType<string>().Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal),
    ];

    /// <summary>Opens a dataset.</summary>
    /// <exception cref="InvalidProbeDatasetException">There is none of this name, or it is damaged.</exception>
    public ProbeDataset Open(string name) => SceneProbes.Find(name)
        ?? (Names().Contains(name)
            ? ProbeDatasets.Open(Path.Combine(Folder, name), Path.Combine(Folder, ".unpacked"))
            : throw new InvalidProbeDatasetException($"There is no probe dataset '{name}'. There are: {string.Join(", ", Names())}."));
}
