using System;
using StableRep.Data.Experiments;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace StableRep.Data.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "app");

            migrationBuilder.CreateTable(
                name: "audit_entries",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: true),
                    user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: false),
                    action = table.Column<string>(type: "character varying(100)", maxLength: 100, nullable: false),
                    target = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    details = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audit_entries", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "data_protection_keys",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    friendly_name = table.Column<string>(type: "text", nullable: true),
                    xml = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_data_protection_keys", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "generators",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    hash = table.Column<string>(type: "character varying(64)", maxLength: 64, nullable: false),
                    source = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    image_size = table.Column<int>(type: "integer", nullable: false),
                    config = table.Column<string>(type: "jsonb", nullable: false),
                    installed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_generators", x => x.id);
                    table.CheckConstraint("ck_generators_image_size", "image_size between 8 and 4096");
                });

            migrationBuilder.CreateTable(
                name: "nodes",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(300)", maxLength: 300, nullable: false),
                    roles = table.Column<string[]>(type: "text[]", nullable: false),
                    devices = table.Column<string>(type: "jsonb", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    heartbeat_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_nodes", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "probe_datasets",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    source = table.Column<string>(type: "character varying(1000)", maxLength: 1000, nullable: false),
                    classes = table.Column<string[]>(type: "text[]", nullable: false),
                    train_count = table.Column<int>(type: "integer", nullable: false),
                    test_count = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_probe_datasets", x => x.id);
                    table.CheckConstraint("ck_probe_datasets_counts", "train_count > 0 and test_count > 0");
                });

            migrationBuilder.CreateTable(
                name: "roles",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    normalized_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    concurrency_stamp = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_roles", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "users",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    display_name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    normalized_user_name = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    normalized_email = table.Column<string>(type: "character varying(256)", maxLength: 256, nullable: true),
                    email_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    password_hash = table.Column<string>(type: "text", nullable: true),
                    security_stamp = table.Column<string>(type: "text", nullable: true),
                    concurrency_stamp = table.Column<string>(type: "text", nullable: true),
                    phone_number = table.Column<string>(type: "text", nullable: true),
                    phone_number_confirmed = table.Column<bool>(type: "boolean", nullable: false),
                    two_factor_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    lockout_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lockout_enabled = table.Column<bool>(type: "boolean", nullable: false),
                    access_failed_count = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_users", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "role_claims",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    role_id = table.Column<Guid>(type: "uuid", nullable: false),
                    claim_type = table.Column<string>(type: "text", nullable: true),
                    claim_value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_role_claims", x => x.id);
                    table.ForeignKey(
                        name: "fk_role_claims_roles_role_id",
                        column: x => x.role_id,
                        principalSchema: "app",
                        principalTable: "roles",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "api_tokens",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    prefix = table.Column<string>(type: "character varying(16)", maxLength: 16, nullable: false),
                    scopes = table.Column<string[]>(type: "text[]", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    last_used_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_api_tokens", x => x.id);
                    table.ForeignKey(
                        name: "fk_api_tokens_asp_net_users_user_id",
                        column: x => x.user_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "caption_sets",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    sha256 = table.Column<string>(type: "character(64)", fixedLength: true, maxLength: 64, nullable: false),
                    count = table.Column<int>(type: "integer", nullable: false),
                    source_name = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: false),
                    format = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    column = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: true),
                    empty_count = table.Column<int>(type: "integer", nullable: false),
                    duplicate_count = table.Column<int>(type: "integer", nullable: false),
                    over_long_count = table.Column<int>(type: "integer", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_caption_sets", x => x.id);
                    table.CheckConstraint("ck_caption_sets_count", "count > 0");
                    table.ForeignKey(
                        name: "fk_caption_sets_asp_net_users_owner_id",
                        column: x => x.owner_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                });

            migrationBuilder.CreateTable(
                name: "sweeps",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    definition = table.Column<string>(type: "jsonb", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_sweeps", x => x.id);
                    table.ForeignKey(
                        name: "fk_sweeps_asp_net_users_owner_id",
                        column: x => x.owner_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                });

            migrationBuilder.CreateTable(
                name: "user_claims",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    claim_type = table.Column<string>(type: "text", nullable: true),
                    claim_value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_claims", x => x.id);
                    table.ForeignKey(
                        name: "fk_user_claims_users_user_id",
                        column: x => x.user_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_logins",
                schema: "app",
                columns: table => new
                {
                    login_provider = table.Column<string>(type: "text", nullable: false),
                    provider_key = table.Column<string>(type: "text", nullable: false),
                    provider_display_name = table.Column<string>(type: "text", nullable: true),
                    user_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_logins", x => new { x.login_provider, x.provider_key });
                    table.ForeignKey(
                        name: "fk_user_logins_users_user_id",
                        column: x => x.user_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_roles",
                schema: "app",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    role_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_roles", x => new { x.user_id, x.role_id });
                    table.ForeignKey(
                        name: "fk_user_roles_roles_role_id",
                        column: x => x.role_id,
                        principalSchema: "app",
                        principalTable: "roles",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_user_roles_users_user_id",
                        column: x => x.user_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "user_tokens",
                schema: "app",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    login_provider = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_user_tokens", x => new { x.user_id, x.login_provider, x.name });
                    table.ForeignKey(
                        name: "fk_user_tokens_users_user_id",
                        column: x => x.user_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "caption_problems",
                schema: "app",
                columns: table => new
                {
                    caption_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    line = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    excerpt = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_caption_problems", x => new { x.caption_set_id, x.line });
                    table.CheckConstraint("ck_caption_problem_kind", "kind in ('empty', 'duplicate', 'over_long', 'malformed')");
                    table.ForeignKey(
                        name: "fk_caption_problems_caption_sets_caption_set_id",
                        column: x => x.caption_set_id,
                        principalSchema: "app",
                        principalTable: "caption_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "captions",
                schema: "app",
                columns: table => new
                {
                    caption_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    index = table.Column<int>(type: "integer", nullable: false),
                    text = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_captions", x => new { x.caption_set_id, x.index });
                    table.CheckConstraint("ck_captions_index", "index >= 0");
                    table.ForeignKey(
                        name: "fk_captions_caption_sets_caption_set_id",
                        column: x => x.caption_set_id,
                        principalSchema: "app",
                        principalTable: "caption_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "image_sets",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    content_key = table.Column<string>(type: "character(64)", fixedLength: true, maxLength: 64, nullable: false),
                    caption_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    generator_id = table.Column<Guid>(type: "uuid", nullable: false),
                    guidance_scale = table.Column<double>(type: "double precision", nullable: false),
                    images_per_prompt = table.Column<int>(type: "integer", nullable: false),
                    sampler = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    steps = table.Column<int>(type: "integer", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    negative_prompt = table.Column<string>(type: "text", nullable: false),
                    guidance_rescale = table.Column<double>(type: "double precision", nullable: false),
                    caption_count = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_image_sets", x => x.id);
                    table.CheckConstraint("ck_image_sets_caption_count", "caption_count > 0");
                    table.CheckConstraint("ck_image_sets_guidance_rescale", "guidance_rescale between 0 and 1");
                    table.CheckConstraint("ck_image_sets_guidance_scale", "guidance_scale between 0 and 100");
                    table.CheckConstraint("ck_image_sets_images_per_prompt", "images_per_prompt between 1 and 1000");
                    table.CheckConstraint("ck_image_sets_steps", "steps between 1 and 1000");
                    table.ForeignKey(
                        name: "fk_image_sets_caption_sets_caption_set_id",
                        column: x => x.caption_set_id,
                        principalSchema: "app",
                        principalTable: "caption_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_image_sets_generators_generator_id",
                        column: x => x.generator_id,
                        principalSchema: "app",
                        principalTable: "generators",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "experiments",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    state_reason = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true),
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    recipe = table.Column<string>(type: "jsonb", nullable: false),
                    priority = table.Column<int>(type: "integer", nullable: false),
                    tags = table.Column<string[]>(type: "text[]", nullable: false),
                    notes = table.Column<string>(type: "text", nullable: false),
                    cloned_from_id = table.Column<Guid>(type: "uuid", nullable: true),
                    sweep_id = table.Column<Guid>(type: "uuid", nullable: true),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    lost_count = table.Column<int>(type: "integer", nullable: false),
                    last_sequence = table.Column<long>(type: "bigint", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    launched_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    xmin = table.Column<uint>(type: "xid", rowVersion: true, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_experiments", x => x.id);
                    table.CheckConstraint("ck_experiment_state", "state in ('draft', 'queued', 'generating', 'training', 'probing', 'paused', 'cancelled', 'failed', 'done')");
                    table.CheckConstraint("ck_experiments_priority", "priority between -10 and 10");
                    table.ForeignKey(
                        name: "fk_experiments_asp_net_users_owner_id",
                        column: x => x.owner_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_experiments_experiments_cloned_from_id",
                        column: x => x.cloned_from_id,
                        principalSchema: "app",
                        principalTable: "experiments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_experiments_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_experiments_sweeps_sweep_id",
                        column: x => x.sweep_id,
                        principalSchema: "app",
                        principalTable: "sweeps",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                });

            migrationBuilder.CreateTable(
                name: "shards",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    index = table.Column<int>(type: "integer", nullable: false),
                    first_caption = table.Column<int>(type: "integer", nullable: false),
                    caption_count = table.Column<int>(type: "integer", nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    lost_count = table.Column<int>(type: "integer", nullable: false),
                    failure = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true),
                    artifact_key = table.Column<string>(type: "character varying(400)", maxLength: 400, nullable: true),
                    length = table.Column<long>(type: "bigint", nullable: false),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_shards", x => x.id);
                    table.CheckConstraint("ck_shard_state", "state in ('pending', 'running', 'done', 'failed')");
                    table.CheckConstraint("ck_shards_captions", "first_caption >= 0 and caption_count > 0");
                    table.CheckConstraint("ck_shards_done_has_artifact", "state <> 'done' or artifact_key is not null");
                    table.ForeignKey(
                        name: "fk_shards_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "experiment_events",
                schema: "app",
                columns: table => new
                {
                    experiment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    kind = table.Column<string>(type: "character varying(20)", maxLength: 20, nullable: false),
                    payload = table.Column<string>(type: "jsonb", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_experiment_events", x => new { x.experiment_id, x.sequence });
                    table.ForeignKey(
                        name: "fk_experiment_events_experiments_experiment_id",
                        column: x => x.experiment_id,
                        principalSchema: "app",
                        principalTable: "experiments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "metric_series",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    experiment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_metric_series", x => x.id);
                    table.ForeignKey(
                        name: "fk_metric_series_experiments_experiment_id",
                        column: x => x.experiment_id,
                        principalSchema: "app",
                        principalTable: "experiments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "probes",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    experiment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    dataset = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    attempt = table.Column<int>(type: "integer", nullable: false),
                    lost_count = table.Column<int>(type: "integer", nullable: false),
                    failure = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true),
                    accuracy = table.Column<double>(type: "double precision", nullable: true),
                    result = table.Column<string>(type: "jsonb", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_probes", x => x.id);
                    table.CheckConstraint("ck_probe_kind", "kind in ('linear', 'knn', 'few_shot', 'zero_shot')");
                    table.CheckConstraint("ck_probe_state", "state in ('pending', 'running', 'done', 'failed')");
                    table.CheckConstraint("ck_probes_accuracy", "accuracy between 0 and 1");
                    table.ForeignKey(
                        name: "fk_probes_experiments_experiment_id",
                        column: x => x.experiment_id,
                        principalSchema: "app",
                        principalTable: "experiments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "images",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    shard_id = table.Column<Guid>(type: "uuid", nullable: false),
                    caption_index = table.Column<int>(type: "integer", nullable: false),
                    image_index = table.Column<int>(type: "integer", nullable: false),
                    seed = table.Column<long>(type: "bigint", nullable: false),
                    offset = table.Column<long>(type: "bigint", nullable: false),
                    length = table.Column<int>(type: "integer", nullable: false),
                    replaces_id = table.Column<long>(type: "bigint", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_images", x => x.id);
                    table.CheckConstraint("ck_images_range", "caption_index >= 0 and image_index >= 0 and \"offset\" >= 0 and length > 0");
                    table.ForeignKey(
                        name: "fk_images_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_images_images_replaces_id",
                        column: x => x.replaces_id,
                        principalSchema: "app",
                        principalTable: "images",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_images_shards_shard_id",
                        column: x => x.shard_id,
                        principalSchema: "app",
                        principalTable: "shards",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "metric_points",
                schema: "app",
                columns: table => new
                {
                    series_id = table.Column<int>(type: "integer", nullable: false),
                    step = table.Column<long>(type: "bigint", nullable: false),
                    value = table.Column<double>(type: "double precision", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_metric_points", x => new { x.series_id, x.step });
                    table.CheckConstraint("ck_metric_points_step", "step >= 0");
                    table.ForeignKey(
                        name: "fk_metric_points_metric_series_series_id",
                        column: x => x.series_id,
                        principalSchema: "app",
                        principalTable: "metric_series",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "review_marks",
                schema: "app",
                columns: table => new
                {
                    image_id = table.Column<long>(type: "bigint", nullable: false),
                    reviewer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    verdict = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: true),
                    rating = table.Column<int>(type: "integer", nullable: true),
                    tags = table.Column<string[]>(type: "text[]", nullable: false),
                    comment = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_marks", x => new { x.image_id, x.reviewer_id });
                    table.CheckConstraint("ck_review_marks_rating", "rating between 1 and 5");
                    table.CheckConstraint("ck_review_marks_verdict", "verdict in ('approve', 'reject', 'flag')");
                    table.ForeignKey(
                        name: "fk_review_marks_asp_net_users_reviewer_id",
                        column: x => x.reviewer_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_review_marks_images_image_id",
                        column: x => x.image_id,
                        principalSchema: "app",
                        principalTable: "images",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_api_tokens_hash",
                schema: "app",
                table: "api_tokens",
                column: "hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_api_tokens_user_id",
                schema: "app",
                table: "api_tokens",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_at",
                schema: "app",
                table: "audit_entries",
                column: "at");

            migrationBuilder.CreateIndex(
                name: "ix_audit_entries_target",
                schema: "app",
                table: "audit_entries",
                column: "target");

            migrationBuilder.CreateIndex(
                name: "ix_caption_sets_owner_id",
                schema: "app",
                table: "caption_sets",
                column: "owner_id");

            migrationBuilder.CreateIndex(
                name: "ix_caption_sets_sha256",
                schema: "app",
                table: "caption_sets",
                column: "sha256",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_experiments_cloned_from_id",
                schema: "app",
                table: "experiments",
                column: "cloned_from_id");

            migrationBuilder.CreateIndex(
                name: "ix_experiments_created_at",
                schema: "app",
                table: "experiments",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_experiments_image_set_id",
                schema: "app",
                table: "experiments",
                column: "image_set_id");

            migrationBuilder.CreateIndex(
                name: "ix_experiments_owner_id",
                schema: "app",
                table: "experiments",
                column: "owner_id");

            migrationBuilder.CreateIndex(
                name: "ix_experiments_state",
                schema: "app",
                table: "experiments",
                column: "state");

            migrationBuilder.CreateIndex(
                name: "ix_experiments_sweep_id",
                schema: "app",
                table: "experiments",
                column: "sweep_id");

            migrationBuilder.CreateIndex(
                name: "ix_experiments_tags",
                schema: "app",
                table: "experiments",
                column: "tags")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "ix_generators_hash",
                schema: "app",
                table: "generators",
                column: "hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_generators_name",
                schema: "app",
                table: "generators",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_image_sets_caption_set_id",
                schema: "app",
                table: "image_sets",
                column: "caption_set_id");

            migrationBuilder.CreateIndex(
                name: "ix_image_sets_content_key",
                schema: "app",
                table: "image_sets",
                column: "content_key",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_image_sets_generator_id",
                schema: "app",
                table: "image_sets",
                column: "generator_id");

            migrationBuilder.CreateIndex(
                name: "ix_images_image_set_id_caption_index_image_index",
                schema: "app",
                table: "images",
                columns: new[] { "image_set_id", "caption_index", "image_index" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_images_replaces_id",
                schema: "app",
                table: "images",
                column: "replaces_id");

            migrationBuilder.CreateIndex(
                name: "ix_images_shard_id",
                schema: "app",
                table: "images",
                column: "shard_id");

            migrationBuilder.CreateIndex(
                name: "ix_metric_series_experiment_id_name",
                schema: "app",
                table: "metric_series",
                columns: new[] { "experiment_id", "name" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_probe_datasets_name",
                schema: "app",
                table: "probe_datasets",
                column: "name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_probes_experiment_id_kind_dataset",
                schema: "app",
                table: "probes",
                columns: new[] { "experiment_id", "kind", "dataset" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_review_marks_reviewer_id",
                schema: "app",
                table: "review_marks",
                column: "reviewer_id");

            migrationBuilder.CreateIndex(
                name: "ix_role_claims_role_id",
                schema: "app",
                table: "role_claims",
                column: "role_id");

            migrationBuilder.CreateIndex(
                name: "RoleNameIndex",
                schema: "app",
                table: "roles",
                column: "normalized_name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_shards_image_set_id_index",
                schema: "app",
                table: "shards",
                columns: new[] { "image_set_id", "index" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_shards_state",
                schema: "app",
                table: "shards",
                column: "state",
                filter: "state in ('pending', 'running')");

            migrationBuilder.CreateIndex(
                name: "ix_sweeps_owner_id",
                schema: "app",
                table: "sweeps",
                column: "owner_id");

            migrationBuilder.CreateIndex(
                name: "ix_user_claims_user_id",
                schema: "app",
                table: "user_claims",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_user_logins_user_id",
                schema: "app",
                table: "user_logins",
                column: "user_id");

            migrationBuilder.CreateIndex(
                name: "ix_user_roles_role_id",
                schema: "app",
                table: "user_roles",
                column: "role_id");

            migrationBuilder.CreateIndex(
                name: "EmailIndex",
                schema: "app",
                table: "users",
                column: "normalized_email");

            migrationBuilder.CreateIndex(
                name: "UserNameIndex",
                schema: "app",
                table: "users",
                column: "normalized_user_name",
                unique: true);

            migrationBuilder.Sql(ExperimentStateTrigger.Create);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql(ExperimentStateTrigger.Drop);

            migrationBuilder.DropTable(
                name: "api_tokens",
                schema: "app");

            migrationBuilder.DropTable(
                name: "audit_entries",
                schema: "app");

            migrationBuilder.DropTable(
                name: "caption_problems",
                schema: "app");

            migrationBuilder.DropTable(
                name: "captions",
                schema: "app");

            migrationBuilder.DropTable(
                name: "data_protection_keys",
                schema: "app");

            migrationBuilder.DropTable(
                name: "experiment_events",
                schema: "app");

            migrationBuilder.DropTable(
                name: "metric_points",
                schema: "app");

            migrationBuilder.DropTable(
                name: "nodes",
                schema: "app");

            migrationBuilder.DropTable(
                name: "probe_datasets",
                schema: "app");

            migrationBuilder.DropTable(
                name: "probes",
                schema: "app");

            migrationBuilder.DropTable(
                name: "review_marks",
                schema: "app");

            migrationBuilder.DropTable(
                name: "role_claims",
                schema: "app");

            migrationBuilder.DropTable(
                name: "user_claims",
                schema: "app");

            migrationBuilder.DropTable(
                name: "user_logins",
                schema: "app");

            migrationBuilder.DropTable(
                name: "user_roles",
                schema: "app");

            migrationBuilder.DropTable(
                name: "user_tokens",
                schema: "app");

            migrationBuilder.DropTable(
                name: "metric_series",
                schema: "app");

            migrationBuilder.DropTable(
                name: "images",
                schema: "app");

            migrationBuilder.DropTable(
                name: "roles",
                schema: "app");

            migrationBuilder.DropTable(
                name: "experiments",
                schema: "app");

            migrationBuilder.DropTable(
                name: "shards",
                schema: "app");

            migrationBuilder.DropTable(
                name: "sweeps",
                schema: "app");

            migrationBuilder.DropTable(
                name: "image_sets",
                schema: "app");

            migrationBuilder.DropTable(
                name: "caption_sets",
                schema: "app");

            migrationBuilder.DropTable(
                name: "generators",
                schema: "app");

            migrationBuilder.DropTable(
                name: "users",
                schema: "app");
        }
    }
}
