using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace StableRep.Data.Migrations
{
    /// <inheritdoc />
    public partial class TrainingStates : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "seconds",
                schema: "app",
                table: "shards",
                type: "double precision",
                nullable: false,
                defaultValue: 0.0);

            migrationBuilder.AddColumn<string>(
                name: "encoder_key",
                schema: "app",
                table: "experiments",
                type: "character varying(400)",
                maxLength: 400,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "training_failure",
                schema: "app",
                table: "experiments",
                type: "character varying(4000)",
                maxLength: 4000,
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "training_state",
                schema: "app",
                table: "experiments",
                type: "character varying(40)",
                maxLength: 40,
                nullable: false,
                defaultValue: "pending");

            migrationBuilder.AddCheckConstraint(
                name: "ck_experiment_training_state",
                schema: "app",
                table: "experiments",
                sql: "training_state in ('pending', 'running', 'done', 'failed')");

            migrationBuilder.AddCheckConstraint(
                name: "ck_experiments_trained_has_encoder",
                schema: "app",
                table: "experiments",
                sql: "training_state <> 'done' or encoder_key is not null");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "ck_experiment_training_state",
                schema: "app",
                table: "experiments");

            migrationBuilder.DropCheckConstraint(
                name: "ck_experiments_trained_has_encoder",
                schema: "app",
                table: "experiments");

            migrationBuilder.DropColumn(
                name: "seconds",
                schema: "app",
                table: "shards");

            migrationBuilder.DropColumn(
                name: "encoder_key",
                schema: "app",
                table: "experiments");

            migrationBuilder.DropColumn(
                name: "training_failure",
                schema: "app",
                table: "experiments");

            migrationBuilder.DropColumn(
                name: "training_state",
                schema: "app",
                table: "experiments");
        }
    }
}
