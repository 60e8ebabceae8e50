using StableRep.Engine.Checkpoints;
using StableRep.Engine.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace StableRep.Engine.Text;

/// <summary>What a text encoder says about texts. The tensors belong to the dispose scope they were made in.</summary>
/// <param name="Tokens">The state of every token after the final normalisation, <c>[B, L, D]</c>: what a UNet attends to.</param>
/// <param name="Pooled">The state of each text's end token, <c>[B, D]</c>: what stands for the whole text.</param>
public sealed record ClipTextOutput(Tensor Tokens, Tensor Pooled);

/// <summary>
/// CLIP's text encoder (Radford et al. 2021, arXiv 2103.00020): a transformer in which a token sees only those before it. Tensor names
/// are those of transformers' <c>CLIPTextModel</c>. Without dropout, so that training and inference are one computation.
/// </summary>
public sealed class ClipTextModel : nn.Module<Tensor, Tensor>
{
    private readonly Transformer text_model;

    /// <summary>Builds the model with random weights drawn as CLIP's authors did.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="seed">Of the initial weights: equal seeds give equal weights.</param>
    /// <param name="device">Where the parameters live; null for TorchSharp's default device. On the <c>meta</c> device nothing is drawn.</param>
    /// <exception cref="ArgumentException">The config contradicts itself; the message names the key.</exception>
    public ClipTextModel(ClipTextConfig config, ulong seed = 0, Device? device = null) : base(nameof(ClipTextModel))
    {
        config.Validate();
        Config = config;
        text_model = new Transformer(config, device);
        RegisterComponents();
        text_model.Draw(config, seed);
    }

    /// <summary>The architecture.</summary>
    public ClipTextConfig Config { get; }

    /// <summary>Loads a component folder: <c>config.json</c> and its weights.</summary>
    /// <param name="folder">The folder, such as <c>text_encoder</c>.</param>
    /// <param name="variant">The variant of the weights' files, such as <c>fp16</c>, or null.</param>
    /// <param name="device">Where the parameters live; null for the CPU.</param>
    /// <exception cref="CheckpointException">A file is missing, damaged or does not fit; the message names it.</exception>
    public static ClipTextModel Load(string folder, string? variant = null, Device? device = null)
    {
        var config = ClipTextConfig.Read(ConfigDocument.Load(Path.Combine(folder, "config.json")));
        return Layers.Load(() => new ClipTextModel(config, device: META), folder, variant, device);
    }

    /// <summary>The states of the tokens after the final normalisation.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, L]</c>, L at most <see cref="ClipTextConfig.MaxLength"/>.</param>
    /// <returns><c>[B, L, D]</c>.</returns>
    public override Tensor forward(Tensor ids) => Tokens(ids, clipSkip: 0);

    /// <summary>The states of the tokens, without the last blocks.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, L]</c>, L at most <see cref="ClipTextConfig.MaxLength"/>.</param>
    /// <param name="clipSkip">How many of the last blocks to leave out; the final normalisation is applied all the same.</param>
    /// <returns><c>[B, L, D]</c>.</returns>
    /// <exception cref="ArgumentException">The ids have another shape or are too many.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="clipSkip"/> is negative or leaves no block.</exception>
    public Tensor Tokens(Tensor ids, int clipSkip)
    {
        if (ids.dim() != 2 || ids.shape[1] > Config.MaxLength)
        {
            throw new ArgumentException($"Token ids are [B, L] with L at most {Config.MaxLength}, not [{string.Join(", ", ids.shape)}].", nameof(ids));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(clipSkip);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(clipSkip, Config.Depth);
        return text_model.Forward(ids, Config.Depth - clipSkip);
    }

    /// <summary>The states of the tokens and of the whole texts.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, L]</c>.</param>
    public ClipTextOutput Encode(Tensor ids)
    {
        using var scope = NewDisposeScope();
        var tokens = Tokens(ids, clipSkip: 0);
        var end = Config.EndId == ClipTextConfig.LegacyEnd ? ids.argmax(1) : (ids == Config.EndId).to(ScalarType.Int32).argmax(1);
        var index = end.view(-1, 1, 1).expand(-1, 1, Config.Width);
        var pooled = tokens.gather(1, index).squeeze(1);
        return new(tokens.MoveToOuterDisposeScope(), pooled.MoveToOuterDisposeScope());
    }

    // The names below are those of the checkpoints.
    private sealed class Transformer : nn.Module
    {
        private readonly Embeddings embeddings;
        private readonly Encoder encoder;
        private readonly LayerNorm final_layer_norm;

        public Transformer(ClipTextConfig config, Device? device) : base(nameof(Transformer))
        {
            embeddings = new Embeddings(config, device);
            encoder = new Encoder(config, device);
            final_layer_norm = nn.LayerNorm(config.Width, config.NormEps, device: device);
            RegisterComponents();
        }

        public Tensor Forward(Tensor ids, int depth)
        {
            using var scope = NewDisposeScope();
            return final_layer_norm.call(encoder.Forward(embeddings.call(ids), depth)).MoveToOuterDisposeScope();
        }

        public void Draw(ClipTextConfig config, ulong seed)
        {
            if (final_layer_norm.weight.device_type == DeviceType.META)
            {
                return;
            }

            using var off = no_grad();
            using var generator = new Generator(seed, final_layer_norm.weight.device);
            embeddings.Draw(generator);
            foreach (var layer in encoder.Layers)
            {
                layer.Draw(config, generator);
            }

            Reset(final_layer_norm);
        }
    }

    private sealed class Embeddings : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding token_embedding;
        private readonly Embedding position_embedding;

        public Embeddings(ClipTextConfig config, Device? device) : base(nameof(Embeddings))
        {
            token_embedding = nn.Embedding(config.VocabularySize, config.Width, device: device);
            position_embedding = nn.Embedding(config.MaxLength, config.Width, device: device);
            RegisterComponents();
        }

        // [B, L] → [B, L, D]
        public override Tensor forward(Tensor ids)
        {
            using var scope = NewDisposeScope();
            var positions = position_embedding.weight![..(int)ids.shape[1]];
            return (token_embedding.call(ids.to(positions.device)) + positions).MoveToOuterDisposeScope();
        }

        public void Draw(Generator generator)
        {
            token_embedding.weight!.normal_(0, 0.02, generator);
            position_embedding.weight!.normal_(0, 0.01, generator);
        }
    }

    private sealed class Encoder : nn.Module
    {
        private readonly ModuleList<Layer> layers;

        public Encoder(ClipTextConfig config, Device? device) : base(nameof(Encoder))
        {
            layers = new ModuleList<Layer>([.. Enumerable.Range(0, config.Depth).Select(_ => new Layer(config, device))]);
            RegisterComponents();
        }

        public IEnumerable<Layer> Layers => layers;

        public Tensor Forward(Tensor x, int depth)
        {
            foreach (var layer in layers.Take(depth))
            {
                x = layer.call(x);
            }

            return x;
        }
    }

    private sealed class Layer : nn.Module<Tensor, Tensor>
    {
        private readonly SelfAttention self_attn;
        private readonly LayerNorm layer_norm1;
        private readonly Perceptron mlp;
        private readonly LayerNorm layer_norm2;

        public Layer(ClipTextConfig config, Device? device) : base(nameof(Layer))
        {
            self_attn = new SelfAttention(config, device);
            layer_norm1 = nn.LayerNorm(config.Width, config.NormEps, device: device);
            mlp = new Perceptron(config, device);
            layer_norm2 = nn.LayerNorm(config.Width, config.NormEps, device: device);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var attended = x + self_attn.call(layer_norm1.call(x));
            return (attended + mlp.call(layer_norm2.call(attended))).MoveToOuterDisposeScope();
        }

        public void Draw(ClipTextConfig config, Generator generator)
        {
            self_attn.Draw(config, generator);
            mlp.Draw(config, generator);
            Reset(layer_norm1);
            Reset(layer_norm2);
        }
    }

    private sealed class SelfAttention : nn.Module<Tensor, Tensor>
    {
        private readonly long _heads;
        private readonly Linear q_proj;
        private readonly Linear k_proj;
        private readonly Linear v_proj;
        private readonly Linear out_proj;

        public SelfAttention(ClipTextConfig config, Device? device) : base(nameof(SelfAttention))
        {
            _heads = config.Heads;
            q_proj = nn.Linear(config.Width, config.Width, device: device);
            k_proj = nn.Linear(config.Width, config.Width, device: device);
            v_proj = nn.Linear(config.Width, config.Width, device: device);
            out_proj = nn.Linear(config.Width, config.Width, device: device);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var attended = nn.functional.scaled_dot_product_attention(
                Split(q_proj.call(x)), Split(k_proj.call(x)), Split(v_proj.call(x)), is_casual: true);  // [B, H, L, D/H]
            return out_proj.call(attended.transpose(1, 2).reshape(x.shape)).MoveToOuterDisposeScope();

            Tensor Split(Tensor y) => y.view(x.shape[0], x.shape[1], _heads, -1).transpose(1, 2);
        }

        public void Draw(ClipTextConfig config, Generator generator)
        {
            var deviation = Math.Pow(config.Width, -0.5);
            foreach (var projection in new[] { q_proj, k_proj, v_proj })
            {
                Fill(projection, deviation / Math.Sqrt(2 * config.Depth), generator);
            }

            Fill(out_proj, deviation, generator);
        }
    }

    private sealed class Perceptron : nn.Module<Tensor, Tensor>
    {
        private readonly bool _quick;
        private readonly Linear fc1;
        private readonly Linear fc2;

        public Perceptron(ClipTextConfig config, Device? device) : base(nameof(Perceptron))
        {
            _quick = config.QuickGelu;
            fc1 = nn.Linear(config.Width, config.IntermediateWidth, device: device);
            fc2 = nn.Linear(config.IntermediateWidth, config.Width, device: device);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using var scope = NewDisposeScope();
            var hidden = fc1.call(x);
            return fc2.call(_quick ? hidden * (1.702f * hidden).sigmoid() : hidden.gelu()).MoveToOuterDisposeScope();
        }

        public void Draw(ClipTextConfig config, Generator generator)
        {
            Fill(fc1, Math.Pow(2 * config.Width, -0.5), generator);
            Fill(fc2, Math.Pow(config.Width, -0.5) / Math.Sqrt(2 * config.Depth), generator);
        }
    }

    private static void Fill(Linear linear, double deviation, Generator generator)
    {
        linear.weight.normal_(0, deviation, generator);
        linear.bias!.zero_();
    }

    private static void Reset(LayerNorm norm)
    {
        nn.init.ones_(norm.weight);
        nn.init.zeros_(norm.bias!);
    }
}
