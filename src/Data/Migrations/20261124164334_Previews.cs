using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace StableRep.Data.Migrations
{
    /// <inheritdoc />
    public partial class Previews : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "previews",
                schema: "app",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    generator_id = table.Column<Guid>(type: "uuid", nullable: false),
                    request = table.Column<string>(type: "jsonb", nullable: false),
                    state = table.Column<string>(type: "character varying(40)", maxLength: 40, nullable: false),
                    image_count = table.Column<int>(type: "integer", nullable: false),
                    done_count = table.Column<int>(type: "integer", nullable: false),
                    measures = table.Column<string>(type: "jsonb", nullable: false),
                    failure = table.Column<string>(type: "character varying(4000)", maxLength: 4000, nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_previews", x => x.id);
                    table.CheckConstraint("ck_preview_state", "state in ('pending', 'running', 'done', 'failed', 'cancelled')");
                    table.CheckConstraint("ck_previews_done", "done_count between 0 and image_count");
                    table.ForeignKey(
                        name: "fk_previews_asp_net_users_owner_id",
                        column: x => x.owner_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.SetNull);
                    table.ForeignKey(
                        name: "fk_previews_generators_generator_id",
                        column: x => x.generator_id,
                        principalSchema: "app",
                        principalTable: "generators",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_previews_created_at",
                schema: "app",
                table: "previews",
                column: "created_at");

            migrationBuilder.CreateIndex(
                name: "ix_previews_generator_id",
                schema: "app",
                table: "previews",
                column: "generator_id");

            migrationBuilder.CreateIndex(
                name: "ix_previews_owner_id",
                schema: "app",
                table: "previews",
                column: "owner_id");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "previews",
                schema: "app");
        }
    }
}
