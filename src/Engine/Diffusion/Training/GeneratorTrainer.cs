using StableRep.Engine.Checkpoints;
using StableRep.Engine.Images;
using StableRep.Engine.Models;
using StableRep.Engine.Text;
using StableRep.Engine.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Diffusion.Training;

/// <summary>
/// Makes a generator in the diffusers layout from captioned images, or continues one on them: a vocabulary, then the VAE, then all images as
/// latents, then UNet and text encoder together. Every phase leaves its result in the work folder, so that a run can stop anywhere.
/// </summary>
/// <param name="options">The run.</param>
/// <param name="observer">Told of losses, speed, progress, and a grid of samples at each checkpoint.</param>
public sealed class GeneratorTrainer(GeneratorTrainingOptions options, IRunObserver observer)
{
    private const int CaptionsForVocabulary = 50_000;
    private const double VaeAverageDecay = 0.995;
    private const long LargestReplica = 30_000_000;
    private const ulong VaeWeights = 1;
    private const ulong TextWeights = 2;
    private const ulong UnetWeights = 3;

    private readonly GeneratorRecipe _recipe = options.Recipe;
    private readonly TrainingWorkspace _work = new(options);
    private readonly TimeProvider _clock = TimeProvider.System;

    /// <summary>Trains from where the work folder stands to the recipe's last step, and writes the generator.</summary>
    /// <param name="source">The captioned images. A resumed run must be given the same.</param>
    /// <param name="cancellationToken">Stops at the next step; the work folder keeps the last checkpoint.</param>
    /// <returns>The denoiser's steps in all; fewer than the recipe's where the time limit ended the run.</returns>
    /// <exception cref="CheckpointException">A recipe or an initial generator does not fit together.</exception>
    /// <exception cref="IOException">The work folder holds a run and it is not to be continued, or a folder cannot be written.</exception>
    /// <exception cref="ArithmeticException">The loss or its gradient is not finite; the work folder keeps the last checkpoint.</exception>
    public long Run(IPositiveSetSource source, CancellationToken cancellationToken = default)
    {
        _work.Begin(observer);
        using var vae = TrainVae(source, cancellationToken);
        var tokenizer = Tokenizer(source);
        using var data = Latents(source, vae, tokenizer, cancellationToken);
        var steps = TrainDenoiser(data, vae, tokenizer, cancellationToken);
        _work.Publish();
        observer.Log(RunLogLevel.Information, $"The generator is in {options.OutputFolder}.");
        return steps;
    }

    private ClipTokenizer Tokenizer(IPositiveSetSource source)
    {
        if (!_work.HasTokenizer)
        {
            var count = Math.Min(source.Count, CaptionsForVocabulary);
            var vocabulary = BpeTrainer.Learn(Enumerable.Range(0, count).Select(index => source.Get(index).Caption), _recipe.Vocabulary.Size);
            vocabulary.Write(_work.Component("tokenizer"), _recipe.Vocabulary.MaximumLength);
            observer.Log(RunLogLevel.Information, $"Learned a vocabulary of {vocabulary.Tokens.Count} tokens from {count} captions.");
        }

        return ClipTokenizer.Load(_work.Component("tokenizer"));
    }

    private AutoencoderKL TrainVae(IPositiveSetSource source, CancellationToken cancellationToken)
    {
        if (!_work.VaeIsTrained)
        {
            using var vae = new AutoencoderKL(AutoencoderKLConfig.Read(_work.VaeConfig()));
            if (!Load(vae, "vae"))
            {
                ModuleInitialization.FillVae(vae, Seeds.Derive(options.Seed, VaeWeights, 0));
            }

            vae.to(options.Device.Torch);
            var config = vae.Config;
            if (_recipe.VaeTraining.Steps > 0)
            {
                config = config with { ScalingFactor = TrainVae(vae, source, cancellationToken), SampleSize = _work.ImageSize };
            }

            _work.Write("vae", vae, config.ToJson());
            _work.MarkVaeTrained();
        }

        var trained = new AutoencoderKL(AutoencoderKLConfig.Read(_work.VaeConfig()));
        _work.Load("vae", trained);
        Freeze(trained);
        return trained.to(options.Device.Torch);
    }

    /// <summary>Leaves the averaged weights in the VAE.</summary>
    /// <returns>The measured scaling factor.</returns>
    private double TrainVae(AutoencoderKL vae, IPositiveSetSource source, CancellationToken cancellationToken)
    {
        var recipe = _recipe.VaeTraining;
        var images = new CaptionedImages(source, _work.ImageSize, recipe.Images);
        var copies = Replicas(vae, () => new AutoencoderKL(vae.Config));
        using var loop = new TrainingLoop("vae", recipe, VaeAverageDecay, [.. copies.Index().Select(copy => new Replica(
            copy.Item.named_parameters(),
            new VaeTrainer(copy.Item, images, recipe, options.Seed, new BatchShare(copy.Index, copies.Count), options.Device).Loss))], _work.Store("vae"), observer);
        observer.Log(RunLogLevel.Information, $"VAE: {loop.ParameterCount:N0} parameters, {images.Count:N0} images, {recipe.Steps:N0} steps.");
        loop.Run(step => ShowReconstructions(vae, images, step), () => false, cancellationToken);
        loop.TakeAverage();
        var scale = LatentSet.MeasureScalingFactor(images, vae, options.Device);
        observer.Log(RunLogLevel.Information, $"VAE: measured scaling factor {scale}.");
        return scale;
    }

    private LatentSet Latents(IPositiveSetSource source, AutoencoderKL vae, ClipTokenizer tokenizer, CancellationToken cancellationToken)
    {
        if (!File.Exists(_work.LatentsFile))
        {
            var images = new CaptionedImages(source, _work.ImageSize, _recipe.DenoiserTraining.Images);
            using var encoded = LatentSet.Encode(images, vae, tokenizer, _recipe.DenoiserTraining.Mirror, options.Device, observer, cancellationToken);
            encoded.Write(_work.LatentsFile);
            observer.Log(RunLogLevel.Information, $"Encoded {encoded.Count:N0} images.");
        }

        return LatentSet.Read(_work.LatentsFile);
    }

    private long TrainDenoiser(LatentSet data, AutoencoderKL vae, ClipTokenizer tokenizer, CancellationToken cancellationToken)
    {
        var recipe = _recipe.DenoiserTraining;
        var device = options.Device.Torch;
        var scheduler = SchedulerFactory.Create(_work.SchedulerConfig());
        using var textEncoder = new ClipTextModel(ClipTextConfig.Read(_work.TextEncoderConfig(tokenizer)), Seeds.Derive(options.Seed, TextWeights, 0));
        using var unet = new UNet2DConditionModel(UNet2DConditionConfig.Read(_work.UnetConfig(data)));
        if (!Load(textEncoder, "text_encoder") || !Load(unet, "unet"))
        {
            ModuleInitialization.Fill(unet, Seeds.Derive(options.Seed, UnetWeights, 0), gain: 1 / Math.Sqrt(3));
            unet.ZeroResidualBranches();
        }

        unet.to(device);
        textEncoder.to(device);
        if (!recipe.TrainTextEncoder)
        {
            Freeze(textEncoder);
        }

        var unets = Replicas(unet, () => new UNet2DConditionModel(unet.Config));
        var encoders = recipe.TrainTextEncoder
            ? Replicas(textEncoder, () => new ClipTextModel(textEncoder.Config))
            : [.. Enumerable.Repeat(textEncoder, unets.Count)];
        List<DenoiserTrainer> trainers = [.. unets.Select((copy, index) => new DenoiserTrainer(
            copy, encoders[index], data, scheduler, recipe, options.Seed, new BatchShare(index, unets.Count), options.Device))];
        using var loop = new TrainingLoop("denoiser", recipe, recipe.EmaDecay, [.. trainers.Select((trainer, index) => new Replica(
            Named("unet", unets[index]).Concat(recipe.TrainTextEncoder ? Named("text_encoder", encoders[index]) : []), trainer.Loss))], _work.Store("denoiser"), observer);
        observer.Log(RunLogLevel.Information, $"UNet and text encoder: {loop.ParameterCount:N0} parameters, {data.Count:N0} images, {recipe.Steps:N0} steps.");
        // Not disposed: the models belong to this method and its caller.
        var generator = new GeneratorFolder(tokenizer, textEncoder, unet, vae, _work.SchedulerConfig(), options.Device);
        var started = _clock.GetTimestamp();
        var steps = loop.Run(Report, () => options.TimeLimit is { } limit && _clock.GetElapsedTime(started) >= limit, cancellationToken);
        loop.TakeAverage();
        WriteDenoiser();
        return steps;

        void Report(long step)
        {
            if (trainers[0].HeldOutLoss() is { } loss)
            {
                observer.Metric("denoiser/held_out_loss", step, loss);
            }

            WriteDenoiser();
            observer.Picture("samples", step, SamplePreview.Draw(generator, _recipe.Samples, options.Seed));
        }

        void WriteDenoiser()
        {
            _work.Write("unet", unet, unet.Config.ToJson());
            _work.Write("text_encoder", textEncoder, config: null);
        }

        static IEnumerable<(string, Parameter)> Named(string prefix, nn.Module module) =>
            module.named_parameters().Select(item => ($"{prefix}.{item.name}", item.parameter));
    }

    /// <summary>Loads the weights of the initial generator, where there is one.</summary>
    private bool Load(nn.Module module, string component)
    {
        if (options.InitialFolder is not { } folder)
        {
            return false;
        }

        using var files = GeneratorFiles.InFolder(folder, variant: null);
        using var source = files.Weights(component);
        ModuleWeights.Load(module, source);
        return true;
    }

    /// <summary>The model and as many equal ones as the CPU has threads for; the model alone where copies would take too much memory.</summary>
    private List<T> Replicas<T>(T module, Func<T> copy)
        where T : nn.Module
    {
        var count = options.Device.IsCuda || module.parameters().Sum(parameter => parameter.numel()) > LargestReplica ? 1 : get_num_threads();
        return [module, .. Enumerable.Range(1, count - 1).Select(_ => copy())];
    }

    private static void Freeze(nn.Module module)
    {
        foreach (var parameter in module.parameters())
        {
            parameter.requires_grad_(false);
        }
    }

    private void ShowReconstructions(AutoencoderKL vae, CaptionedImages images, long step)
    {
        using var scope = NewDisposeScope();
        using var inference = no_grad();
        var shown = images.Read([.. Enumerable.Range(0, Math.Min(16, images.Count)).Select(index => (long)index)]).to(options.Device.Torch);
        var restored = vae.forward(shown);
        var error = (restored.clamp(-1, 1) - shown).square().mean().item<float>();
        observer.Metric("vae/psnr", step, 10 * Math.Log10(4 / Math.Max(error, 1e-10)));
        var pairs = stack([shown, restored], 1).flatten(0, 1);
        observer.Picture("reconstructions", step, SampleGrid.Draw(ImageTensors.ToImages((pairs + 1) / 2), columns: 8));
    }
}
