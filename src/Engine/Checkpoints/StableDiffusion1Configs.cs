namespace StableRep.Engine.Checkpoints;

/// <summary>
/// The configurations of Stable Diffusion 1.1 to 1.5, which a single-file checkpoint implies without holding them. Source: the
/// <c>config.json</c> files of the same models in the diffusers layout.
/// </summary>
internal static class StableDiffusion1Configs
{
    public const string UNet = """
        {
          "_class_name": "UNet2DConditionModel", "sample_size": 64, "in_channels": 4, "out_channels": 4, "center_input_sample": false,
          "flip_sin_to_cos": true, "freq_shift": 0,
          "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
          "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
          "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2, "downsample_padding": 1, "mid_block_scale_factor": 1,
          "act_fn": "silu", "norm_num_groups": 32, "norm_eps": 1e-05, "cross_attention_dim": 768, "attention_head_dim": 8
        }
        """;

    public const string Vae = """
        {
          "_class_name": "AutoencoderKL", "in_channels": 3, "out_channels": 3,
          "down_block_types": ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
          "up_block_types": ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
          "block_out_channels": [128, 256, 512, 512], "layers_per_block": 2, "act_fn": "silu", "latent_channels": 4, "norm_num_groups": 32,
          "sample_size": 512, "scaling_factor": 0.18215
        }
        """;

    public const string TextEncoder = """
        {
          "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "vocab_size": 49408, "hidden_size": 768, "intermediate_size": 3072,
          "num_hidden_layers": 12, "num_attention_heads": 12, "max_position_embeddings": 77, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-05,
          "projection_dim": 768, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1
        }
        """;

    public const string Scheduler = """
        {
          "_class_name": "PNDMScheduler", "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
          "skip_prk_steps": true, "set_alpha_to_one": false, "steps_offset": 1, "clip_sample": false
        }
        """;
}
