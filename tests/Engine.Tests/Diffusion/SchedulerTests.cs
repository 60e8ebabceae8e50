using StableRep.Engine.Checkpoints;
using StableRep.Engine.Diffusion;
using static TorchSharp.torch;

namespace StableRep.Engine.Tests.Diffusion;

public sealed class SchedulerTests
{
    private const string StableDiffusion = """
        "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1
        """;

    public static TheoryData<string, string, double> SamplersAndPredictions()
    {
        var data = new TheoryData<string, string, double>();
        foreach (var sampler in SchedulerFactory.Samplers)
        {
            data.Add(sampler, "epsilon", 0);
            data.Add(sampler, "v_prediction", 0);
        }

        data.Add("ddim", "epsilon", 1);
        return data;
    }

    [Theory]
    [MemberData(nameof(SamplersAndPredictions))]
    public void A_model_that_knows_the_image_leads_every_sampler_to_it(string sampler, string prediction, double eta)
    {
        var scheduler = Create($$"""{"_class_name": "PNDMScheduler", "skip_prk_steps": true, "prediction_type": "{{prediction}}", {{StableDiffusion}}}""", sampler);
        using var scope = NewDisposeScope();
        var generator = new Generator(11);
        var image = randn([2, 4, 5, 5], generator: generator);
        using var run = scheduler.Start(12, eta);
        var sample = randn([2, 4, 5, 5], generator: generator) * run.InitialNoiseScale;
        for (var step = 0; step < run.Timesteps.Count; step++)
        {
            var input = run.ScaleInput(sample, step);
            var alpha = AlphaAt(scheduler.Schedule, run.Timesteps[step]);
            var noise = (input - MathF.Sqrt(alpha) * image) / MathF.Sqrt(1 - alpha);
            var output = prediction == "epsilon" ? noise : MathF.Sqrt(alpha) * noise - MathF.Sqrt(1 - alpha) * image;
            sample = run.Step(output, sample, step, run.NeedsNoise(step) ? randn([2, 4, 5, 5], generator: generator) : null);
        }

        // What may be left is the noise of the first training timestep, √(1 − ᾱ₀) = 0.03, where the sampler stops there.
        Assert.InRange((sample - image).abs().max().item<float>(), 0, 0.2);
    }

    [Fact]
    public void AddNoise_and_Velocity_are_consistent()
    {
        var schedule = Create($$"""{"_class_name": "DDIMScheduler", {{StableDiffusion}}}""").Schedule;
        using var scope = NewDisposeScope();
        var (clean, noise) = (randn(3, 4, 2, 2), randn(3, 4, 2, 2));
        var timesteps = tensor(new long[] { 0, 500, 999 });
        var noisy = schedule.AddNoise(clean, noise, timesteps);
        var velocity = schedule.Velocity(clean, noise, timesteps);
        var alpha = tensor(new[] { schedule.AlphasCumprod[0], schedule.AlphasCumprod[500], schedule.AlphasCumprod[999] }).view(3, 1, 1, 1);

        Assert.True((alpha.sqrt() * noisy - (1 - alpha).sqrt() * velocity - clean).abs().max().item<float>() < 1e-5);
        Assert.True((alpha.sqrt() * velocity + (1 - alpha).sqrt() * noisy - noise).abs().max().item<float>() < 1e-5);
    }

    [Fact]
    public void A_rescaled_schedule_ends_in_pure_noise() =>
        Assert.Equal(0, Create($$"""{"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": true, {{StableDiffusion}}}""").Schedule.AlphasCumprod[^1]);

    [Theory]
    [InlineData("leading", "981 961 941")]
    [InlineData("trailing", "999 979 959")]
    [InlineData("linspace", "999 979 958")]
    public void Fifty_ddim_steps_start_where_the_spacing_says(string spacing, string expected)
    {
        using var run = Create($$"""{"_class_name": "DDIMScheduler", "timestep_spacing": "{{spacing}}", {{StableDiffusion}}}""").Start(50);
        Assert.Equal(50, run.Timesteps.Count);
        Assert.Equal(expected, string.Join(' ', run.Timesteps.Take(3)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    [InlineData(1000)] // With an offset of 1 the first timestep would be 1000.
    public void A_number_of_steps_that_does_not_fit_the_schedule_is_refused(int steps) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Create($$"""{"_class_name": "DDIMScheduler", {{StableDiffusion}}}""").Start(steps));

    [Fact]
    public void Every_number_of_trailing_steps_gives_as_many_timesteps_within_the_schedule()
    {
        var scheduler = Create("""{"_class_name": "DDIMScheduler", "timestep_spacing": "trailing"}""");
        Assert.All(Enumerable.Range(1, 1000), steps =>
        {
            using var run = scheduler.Start(steps);
            Assert.Equal(steps, run.Timesteps.Count);
        });
    }

    [Theory]
    [InlineData("""{"_class_name": "DDIMScheduler", "surprise": 3}""", "surprise")]
    [InlineData("""{"_class_name": "DDIMScheduler", "use_karras_sigmas": true}""", "use_karras_sigmas")]
    [InlineData("""{"_class_name": "DDIMScheduler", "trained_betas": [0.1]}""", "trained_betas")]
    [InlineData("""{"_class_name": "DDIMScheduler", "thresholding": true}""", "thresholding")]
    [InlineData("""{"_class_name": "PNDMScheduler", "rescale_betas_zero_snr": true}""", "rescale_betas_zero_snr")]
    [InlineData("""{"_class_name": "PNDMScheduler", "prediction_type": "sample"}""", "prediction_type")]
    [InlineData("""{"_class_name": "EulerDiscreteScheduler", "use_beta_sigmas": true}""", "use_beta_sigmas")]
    [InlineData("""{"_class_name": "EulerDiscreteScheduler", "beta_schedule": "cubic"}""", "beta_schedule")]
    [InlineData("""{"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver"}""", "algorithm_type")]
    [InlineData("""{"_class_name": "DPMSolverMultistepScheduler", "solver_order": 4}""", "solver_order")]
    [InlineData("""{"_class_name": "LCMScheduler"}""", "_class_name")]
    public void A_setting_that_is_not_supported_is_an_error_that_names_it(string config, string key)
    {
        var message = Assert.Throws<CheckpointException>(() => Create(config)).Message;
        Assert.Contains("scheduler_config.json", message, StringComparison.Ordinal);
        Assert.Contains(key, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"_class_name": "DDIMScheduler", "_diffusers_version": "0.2", "clip_sample": false, "skip_prk_steps": true, "trained_betas": null}""")]
    [InlineData("""{"_class_name": "EulerDiscreteScheduler", "clip_sample": false, "set_alpha_to_one": false, "skip_prk_steps": true, "sample_max_value": 1.0}""")]
    [InlineData("{\"_class_name\": \"DPMSolverMultistepScheduler\",\n \"lambda_min_clipped\": -Infinity,\n \"variance_type\": null}")]
    public void Configs_as_published_checkpoints_have_them_are_read(string config) => Assert.Equal(1000, Create(config).Schedule.Length);

    [Fact]
    public void A_named_sampler_keeps_the_noise_schedule_and_drops_the_rest()
    {
        var config = $$"""{"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true, "prediction_type": "v_prediction", {{StableDiffusion}}}""";
        var scheduler = Create(config, "ddim");
        Assert.Equal(PredictionType.VPrediction, scheduler.Prediction);
        Assert.Equal(Create(config).Schedule.AlphasCumprod, scheduler.Schedule.AlphasCumprod);
        Assert.Throws<ArgumentException>(() => Create(config, "magic"));
    }

    [Fact]
    public void A_step_that_lacks_its_noise_is_refused()
    {
        using var run = Create($$"""{"_class_name": "EulerAncestralDiscreteScheduler", {{StableDiffusion}}}""").Start(5);
        using var sample = zeros(1, 4, 2, 2);
        Assert.True(run.NeedsNoise(0));
        Assert.False(run.NeedsNoise(4));
        Assert.Throws<ArgumentNullException>(() => run.Step(sample, sample, 0));
    }

    [Fact]
    public void A_run_leaves_no_tensors_behind()
    {
        foreach (var sampler in SchedulerFactory.Samplers)
        {
            var scheduler = Create($$"""{"_class_name": "PNDMScheduler", {{StableDiffusion}}}""", sampler);
            var before = LiveTensors.Count();
            using (NewDisposeScope())
            using (var run = scheduler.Start(8))
            {
                var sample = ones(1, 4, 2, 2);
                for (var step = 0; step < run.Timesteps.Count; step++)
                {
                    sample = run.Step(sample * 0.1f, run.ScaleInput(sample, step), step, sample);
                }
            }

            Assert.Equal(before, LiveTensors.Count());
        }
    }

    private static IScheduler Create(string config, string? sampler = null) =>
        SchedulerFactory.Create(ConfigDocument.Parse(config, "scheduler_config.json"), sampler);

    // Between two timesteps the noise level σ is the mean of theirs; the samplers' own interpolations are near enough to it here.
    private static float AlphaAt(NoiseSchedule schedule, float timestep)
    {
        var sigma = (Sigma((int)MathF.Floor(timestep)) + Sigma((int)MathF.Ceiling(timestep))) / 2;
        return (float)(1 / (1 + (sigma * sigma)));

        double Sigma(int t) => Math.Sqrt((1 - schedule.AlphasCumprod[t]) / schedule.AlphasCumprod[t]);
    }
}
