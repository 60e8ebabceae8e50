using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

#pragma warning disable CA1814 // Prefer jagged arrays over multidimensional

namespace StableRep.Data.Migrations
{
    /// <inheritdoc />
    public partial class Accounts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "disabled_at",
                schema: "app",
                table: "users",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "stored_replies",
                schema: "app",
                columns: table => new
                {
                    user_id = table.Column<Guid>(type: "uuid", nullable: false),
                    key = table.Column<string>(type: "character varying(200)", maxLength: 200, nullable: false),
                    request_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: false),
                    headers = table.Column<string>(type: "jsonb", nullable: false),
                    body = table.Column<byte[]>(type: "bytea", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_stored_replies", x => new { x.user_id, x.key });
                    table.ForeignKey(
                        name: "fk_stored_replies_asp_net_users_user_id",
                        column: x => x.user_id,
                        principalSchema: "app",
                        principalTable: "users",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.InsertData(
                schema: "app",
                table: "roles",
                columns: new[] { "id", "concurrency_stamp", "name", "normalized_name" },
                values: new object[,]
                {
                    { new Guid("00000000-0000-4000-8000-000000000100"), "viewer", "viewer", "VIEWER" },
                    { new Guid("00000000-0000-4000-8000-000000000101"), "researcher", "researcher", "RESEARCHER" },
                    { new Guid("00000000-0000-4000-8000-000000000102"), "admin", "admin", "ADMIN" }
                });

            migrationBuilder.InsertData(
                schema: "app",
                table: "users",
                columns: new[] { "id", "access_failed_count", "concurrency_stamp", "created_at", "disabled_at", "display_name", "email", "email_confirmed", "lockout_enabled", "lockout_end", "normalized_email", "normalized_user_name", "password_hash", "phone_number", "phone_number_confirmed", "security_stamp", "two_factor_enabled", "user_name" },
                values: new object[] { new Guid("00000000-0000-4000-8000-000000000001"), 0, "local", new DateTimeOffset(new DateTime(1970, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)), null, "Local user", null, false, false, null, null, "LOCAL", null, null, false, "local", false, "local" });

            migrationBuilder.InsertData(
                schema: "app",
                table: "user_roles",
                columns: new[] { "role_id", "user_id" },
                values: new object[] { new Guid("00000000-0000-4000-8000-000000000102"), new Guid("00000000-0000-4000-8000-000000000001") });

            migrationBuilder.CreateIndex(
                name: "ix_stored_replies_created_at",
                schema: "app",
                table: "stored_replies",
                column: "created_at");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "stored_replies",
                schema: "app");

            migrationBuilder.DeleteData(
                schema: "app",
                table: "roles",
                keyColumn: "id",
                keyValue: new Guid("00000000-0000-4000-8000-000000000100"));

            migrationBuilder.DeleteData(
                schema: "app",
                table: "roles",
                keyColumn: "id",
                keyValue: new Guid("00000000-0000-4000-8000-000000000101"));

            migrationBuilder.DeleteData(
                schema: "app",
                table: "user_roles",
                keyColumns: new[] { "role_id", "user_id" },
                keyValues: new object[] { new Guid("00000000-0000-4000-8000-000000000102"), new Guid("00000000-0000-4000-8000-000000000001") });

            migrationBuilder.DeleteData(
                schema: "app",
                table: "roles",
                keyColumn: "id",
                keyValue: new Guid("00000000-0000-4000-8000-000000000102"));

            migrationBuilder.DeleteData(
                schema: "app",
                table: "users",
                keyColumn: "id",
                keyValue: new Guid("00000000-0000-4000-8000-000000000001"));

            migrationBuilder.DropColumn(
                name: "disabled_at",
                schema: "app",
                table: "users");
        }
    }
}
