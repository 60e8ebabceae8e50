namespace StableRep.Engine.Runtime;

/// <summary>The number format of matrix products and convolutions. Weights, gradients and optimizer state stay in fp32.</summary>
public enum Precision
{
    /// <summary>32-bit floats: the only sensible format on a CPU, where the others are emulated.</summary>
    Fp32,

    /// <summary>bfloat16 under autocast: fp32's range with 8 bits of precision; needs no loss scaling.</summary>
    Bf16,

    /// <summary>IEEE half precision under autocast; gradients need loss scaling.</summary>
    Fp16,
}
