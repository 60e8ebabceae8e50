namespace StableRep.Engine.Checkpoints;

/// <summary>What is said about PyTorch's pickled checkpoints, which are not read.</summary>
internal static class PickledCheckpoint
{
    /// <summary>Why and what to do instead, to follow a file's name and a colon.</summary>
    public const string Refusal =
        "this is a pickled PyTorch checkpoint, and loading one runs whatever code it holds, so it is not read. Use the .safetensors file of the " +
        "same model, or convert it in Python where you trust the file: " +
        "safetensors.torch.save_file({k: v.contiguous() for k, v in torch.load(path, weights_only=True)['state_dict'].items()}, 'model.safetensors')";
}
