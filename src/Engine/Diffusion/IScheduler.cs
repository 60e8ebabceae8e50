using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion;

/// <summary>
/// A sampler: how noise becomes an image in a number of steps. Immutable and safe to share; the state of one batch is in the
/// <see cref="ISchedulerRun"/> that <see cref="Start"/> gives. The arithmetic and the defaults of the config keys are those of the diffusers
/// class of the same name, so that a checkpoint's <c>scheduler_config.json</c> means the same here and there.
/// </summary>
public interface IScheduler
{
    /// <summary>The noise schedule that the model was trained with.</summary>
    NoiseSchedule Schedule { get; }

    /// <summary>What the model's output stands for.</summary>
    PredictionType Prediction { get; }

    /// <summary>Starts the sampling of one batch.</summary>
    /// <param name="steps">The number of steps, from 1 to the schedule's length.</param>
    /// <param name="eta">For DDIM the share of fresh noise: 0 is deterministic, 1 is DDPM. Others ignore it.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> does not suit the schedule, or <paramref name="eta"/> is not in [0, 1].</exception>
    ISchedulerRun Start(int steps, double eta = 0);
}

/// <summary>The sampling of one batch. <see cref="Step"/> must be called once for each step, in order.</summary>
public interface ISchedulerRun : IDisposable
{
    /// <summary>The timestep given to the model at each call, the noisiest first. Some samplers call it more often than the number of steps.</summary>
    IReadOnlyList<float> Timesteps { get; }

    /// <summary>What unit noise is multiplied by to be the first sample.</summary>
    float InitialNoiseScale { get; }

    /// <summary>Whether <see cref="Step"/> mixes fresh noise in at this step.</summary>
    bool NeedsNoise(int step);

    /// <summary>The model's input for a sample, of the same shape.</summary>
    Tensor ScaleInput(Tensor sample, int step);

    /// <summary>One step towards the image.</summary>
    /// <param name="output">The model's output for <see cref="ScaleInput"/> of the sample, fp32, of the sample's shape.</param>
    /// <param name="sample">The current sample, fp32.</param>
    /// <param name="step">The index into <see cref="Timesteps"/>.</param>
    /// <param name="noise">Unit noise of the sample's shape, where <see cref="NeedsNoise"/> says so.</param>
    /// <returns>The next sample: a new tensor.</returns>
    /// <exception cref="ArgumentNullException">The step needs noise and there is none.</exception>
    Tensor Step(Tensor output, Tensor sample, int step, Tensor? noise = null);
}
