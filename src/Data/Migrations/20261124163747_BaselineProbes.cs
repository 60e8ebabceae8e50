using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace StableRep.Data.Migrations
{
    /// <inheritdoc />
    public partial class BaselineProbes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "ck_probe_kind",
                schema: "app",
                table: "probes");

            migrationBuilder.AddCheckConstraint(
                name: "ck_probe_kind",
                schema: "app",
                table: "probes",
                sql: "kind in ('linear', 'knn', 'few_shot', 'zero_shot', 'random_init', 'raw_pixels')");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "ck_probe_kind",
                schema: "app",
                table: "probes");

            migrationBuilder.AddCheckConstraint(
                name: "ck_probe_kind",
                schema: "app",
                table: "probes",
                sql: "kind in ('linear', 'knn', 'few_shot', 'zero_shot')");
        }
    }
}
