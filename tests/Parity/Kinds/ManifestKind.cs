using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using StableRep.Engine.Text;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>Every tensor's name and shape of a component built from its config, on the <c>meta</c> device: without memory for weights.</summary>
internal static class ManifestKind
{
    /// <summary>Builds the module of each <c>component</c> from the case's <c>config</c>.</summary>
    public static IReadOnlyDictionary<string, Func<ConfigDocument, nn.Module>> Components { get; } = new Dictionary<string, Func<ConfigDocument, nn.Module>>
    {
        ["UNet2DConditionModel"] = config => new UNet2DConditionModel(UNet2DConditionConfig.Read(config)),
        ["AutoencoderKL"] = config => new AutoencoderKL(AutoencoderKLConfig.Read(config)),
        ["CLIPTextModel"] = config => new ClipTextModel(ClipTextConfig.Read(config)),
        ["VisionTransformer"] = config => new VisionTransformer(VisionTransformerFolder.ReadConfig(config)),
    };

    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        var component = parity.Text("component");
        if (!Components.TryGetValue(component, out var create))
        {
            throw new CheckpointException($"{parity.Name}: the component '{component}' is unknown.");
        }

        var device = get_default_device();
        set_default_device(META);
        IReadOnlyDictionary<string, long[]> manifest;
        try
        {
            using var module = create(parity.Config("config"));
            manifest = ModuleWeights.Manifest(module);
        }
        finally
        {
            set_default_device(device);
        }

        return manifest.ToDictionary(pair => pair.Key, pair => tensor(pair.Value, ScalarType.Int64));
    }
}
