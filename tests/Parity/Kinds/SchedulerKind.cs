using StableRep.Engine.Diffusion;
using static TorchSharp.torch;

namespace StableRep.Parity.Kinds;

/// <summary>Samples with <c>tanh(0.7 · scaled input + timestep / 1000)</c> in the model's place, and gives the sample after each step.</summary>
internal static class SchedulerKind
{
    public static IReadOnlyDictionary<string, Tensor> Run(ParityCase parity)
    {
        var scheduler = SchedulerFactory.Create(parity.Config("scheduler"));
        var eta = parity.Json.TryGetProperty("eta", out var value) ? value.GetDouble() : 0;
        using var run = scheduler.Start(parity.Integer("steps"), eta);
        var stepNoise = parity.HasInput("step_noise") ? parity.In("step_noise") : null;
        var sample = parity.In("noise") * run.InitialNoiseScale;
        var samples = new List<Tensor>();
        for (var step = 0; step < run.Timesteps.Count; step++)
        {
            var output = (0.7f * run.ScaleInput(sample, step) + run.Timesteps[step] / 1000).tanh();
            sample = run.Step(output, sample, step, run.NeedsNoise(step) ? stepNoise![step] : null);
            samples.Add(sample);
        }

        return new Dictionary<string, Tensor>
        {
            ["timesteps"] = tensor(run.Timesteps.ToArray()),
            ["samples"] = stack(samples),
            ["init_noise_sigma"] = tensor(new[] { run.InitialNoiseScale }),
        };
    }
}
