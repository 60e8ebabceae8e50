using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace StableRep.Data.Migrations
{
    /// <inheritdoc />
    public partial class Review : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "regenerates",
                schema: "app",
                table: "shards",
                type: "boolean",
                nullable: false,
                defaultValue: false);

            migrationBuilder.CreateTable(
                name: "positive_set_measures",
                schema: "app",
                columns: table => new
                {
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    caption_index = table.Column<int>(type: "integer", nullable: false),
                    diversity = table.Column<double>(type: "double precision", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_positive_set_measures", x => new { x.image_set_id, x.caption_index });
                    table.ForeignKey(
                        name: "fk_positive_set_measures_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "regenerations",
                schema: "app",
                columns: table => new
                {
                    replaces_id = table.Column<long>(type: "bigint", nullable: false),
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    caption_index = table.Column<int>(type: "integer", nullable: false),
                    image_index = table.Column<int>(type: "integer", nullable: false),
                    shard_id = table.Column<Guid>(type: "uuid", nullable: false),
                    requester_id = table.Column<Guid>(type: "uuid", nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_regenerations", x => x.replaces_id);
                    table.CheckConstraint("ck_regenerations_place", "caption_index >= 0 and image_index >= 0");
                    table.ForeignKey(
                        name: "fk_regenerations_asp_net_users_requester_id",
                        column: x => x.requester_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_regenerations_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_regenerations_images_replaces_id",
                        column: x => x.replaces_id,
                        principalSchema: "app",
                        principalTable: "images",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_regenerations_shards_shard_id",
                        column: x => x.shard_id,
                        principalSchema: "app",
                        principalTable: "shards",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "review_actions",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reviewer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    undone_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_actions", x => x.id);
                    table.ForeignKey(
                        name: "fk_review_actions_asp_net_users_reviewer_id",
                        column: x => x.reviewer_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_review_actions_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "review_assignments",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    reviewer_id = table.Column<Guid>(type: "uuid", nullable: false),
                    first_caption = table.Column<int>(type: "integer", nullable: false),
                    caption_count = table.Column<int>(type: "integer", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_assignments", x => x.id);
                    table.CheckConstraint("ck_review_assignments_range", "first_caption >= 0 and caption_count > 0");
                    table.ForeignKey(
                        name: "fk_review_assignments_asp_net_users_reviewer_id",
                        column: x => x.reviewer_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_review_assignments_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "review_resolutions",
                schema: "app",
                columns: table => new
                {
                    image_id = table.Column<long>(type: "bigint", nullable: false),
                    verdict = table.Column<string>(type: "character varying(10)", maxLength: 10, nullable: false),
                    resolver_id = table.Column<Guid>(type: "uuid", nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_resolutions", x => x.image_id);
                    table.CheckConstraint("ck_review_resolutions_verdict", "verdict in ('approve', 'reject')");
                    table.ForeignKey(
                        name: "fk_review_resolutions_asp_net_users_resolver_id",
                        column: x => x.resolver_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_review_resolutions_images_image_id",
                        column: x => x.image_id,
                        principalSchema: "app",
                        principalTable: "images",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "review_settings",
                schema: "app",
                columns: table => new
                {
                    image_set_id = table.Column<Guid>(type: "uuid", nullable: false),
                    blind = table.Column<bool>(type: "boolean", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_settings", x => x.image_set_id);
                    table.ForeignKey(
                        name: "fk_review_settings_image_sets_image_set_id",
                        column: x => x.image_set_id,
                        principalSchema: "app",
                        principalTable: "image_sets",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "training_selections",
                schema: "app",
                columns: table => new
                {
                    experiment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    shard_ids = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    rejected_ids = table.Column<long[]>(type: "bigint[]", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_training_selections", x => x.experiment_id);
                    table.ForeignKey(
                        name: "fk_training_selections_experiments_experiment_id",
                        column: x => x.experiment_id,
                        principalSchema: "app",
                        principalTable: "experiments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "review_changes",
                schema: "app",
                columns: table => new
                {
                    action_id = table.Column<Guid>(type: "uuid", nullable: false),
                    image_id = table.Column<long>(type: "bigint", nullable: false),
                    before = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_review_changes", x => new { x.action_id, x.image_id });
                    table.ForeignKey(
                        name: "fk_review_changes_images_image_id",
                        column: x => x.image_id,
                        principalSchema: "app",
                        principalTable: "images",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "fk_review_changes_review_actions_action_id",
                        column: x => x.action_id,
                        principalSchema: "app",
                        principalTable: "review_actions",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_regenerations_image_set_id_caption_index_image_index",
                schema: "app",
                table: "regenerations",
                columns: new[] { "image_set_id", "caption_index", "image_index" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_regenerations_requester_id",
                schema: "app",
                table: "regenerations",
                column: "requester_id");

            migrationBuilder.CreateIndex(
                name: "ix_regenerations_shard_id",
                schema: "app",
                table: "regenerations",
                column: "shard_id");

            migrationBuilder.CreateIndex(
                name: "ix_review_actions_image_set_id_reviewer_id_id",
                schema: "app",
                table: "review_actions",
                columns: new[] { "image_set_id", "reviewer_id", "id" },
                filter: "undone_at is null");

            migrationBuilder.CreateIndex(
                name: "ix_review_actions_reviewer_id",
                schema: "app",
                table: "review_actions",
                column: "reviewer_id");

            migrationBuilder.CreateIndex(
                name: "ix_review_assignments_image_set_id_first_caption",
                schema: "app",
                table: "review_assignments",
                columns: new[] { "image_set_id", "first_caption" });

            migrationBuilder.CreateIndex(
                name: "ix_review_assignments_reviewer_id",
                schema: "app",
                table: "review_assignments",
                column: "reviewer_id");

            migrationBuilder.CreateIndex(
                name: "ix_review_changes_image_id",
                schema: "app",
                table: "review_changes",
                column: "image_id");

            migrationBuilder.CreateIndex(
                name: "ix_review_resolutions_resolver_id",
                schema: "app",
                table: "review_resolutions",
                column: "resolver_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "positive_set_measures",
                schema: "app");

            migrationBuilder.DropTable(
                name: "regenerations",
                schema: "app");

            migrationBuilder.DropTable(
                name: "review_assignments",
                schema: "app");

            migrationBuilder.DropTable(
                name: "review_changes",
                schema: "app");

            migrationBuilder.DropTable(
                name: "review_resolutions",
                schema: "app");

            migrationBuilder.DropTable(
                name: "review_settings",
                schema: "app");

            migrationBuilder.DropTable(
                name: "training_selections",
                schema: "app");

            migrationBuilder.DropTable(
                name: "review_actions",
                schema: "app");

            migrationBuilder.DropColumn(
                name: "regenerates",
                schema: "app",
                table: "shards");
        }
    }
}
