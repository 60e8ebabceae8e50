using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace StableRep.Data.Migrations;

/// <summary>Room for each caption's last and highest loss. It is read and written by SQL alone, like the points of curves, and is no part of the model.</summary>
[DbContext(typeof(StudioDbContext))]
[Migration("20261124173500_CaptionLosses")]
public sealed class CaptionLosses : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        CREATE TABLE app.caption_losses (
            experiment_id uuid NOT NULL REFERENCES app.experiments (id) ON DELETE CASCADE,
            caption_index int NOT NULL CHECK (caption_index >= 0),
            step bigint NOT NULL,
            loss real NOT NULL,
            peak_step bigint NOT NULL,
            peak real NOT NULL,
            PRIMARY KEY (experiment_id, caption_index));
        CREATE INDEX ix_caption_losses_peak ON app.caption_losses (experiment_id, peak DESC);
        """);

    /// <inheritdoc/>
    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("DROP TABLE app.caption_losses;");
}
