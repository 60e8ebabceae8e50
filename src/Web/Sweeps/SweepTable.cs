using StableRep.Api.Sweeps;

namespace StableRep.Web.Sweeps;

/// <summary>A sweep's cells as a table: the first axis of numbers across, the others down, seeds beside each other in one field.</summary>
/// <param name="Across">The axis across, or null where nothing but seeds varies.</param>
/// <param name="Columns">Its values.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Seeds">What tells the cells of one field apart, such as "Training seed"; empty where each field has one.</param>
public sealed record SweepTable(SweepAxisValues? Across, IReadOnlyList<string> Columns, IReadOnlyList<SweepTableRow> Rows, string Seeds)
{
    /// <summary>Lays cells out.</summary>
    /// <param name="axes">The axes.</param>
    /// <param name="cells">Each cell's coordinates.</param>
    public static SweepTable Of(IReadOnlyList<SweepAxisValues> axes, IReadOnlyList<IReadOnlyDictionary<string, string>> cells)
    {
        var kinds = axes.Select(axis => (axis, kind: SweepAxis.Named(axis.Name))).ToList();
        var settings = kinds.Where(pair => !pair.kind.IsSeed).ToList();
        var across = settings.FirstOrDefault(pair => pair.kind.IsNumeric).axis ?? settings.FirstOrDefault().axis;
        var down = settings.Where(pair => pair.axis != across).ToList();
        var columns = across?.Values ?? [""];
        var rows = cells.Select((coordinates, index) => (coordinates, index))
            .GroupBy(cell => string.Join(" · ", down.Select(pair => pair.kind.Label(cell.coordinates[pair.axis.Name]))))
            .Select(group => new SweepTableRow(
                group.Key,
                [.. columns.Select(column => (IReadOnlyList<int>)[.. group.Where(cell => across is null || cell.coordinates[across.Name] == column).Select(cell => cell.index)])]));
        return new SweepTable(across, columns, [.. rows], string.Join(", ", kinds.Where(pair => pair.kind.IsSeed).Select(pair => pair.axis.Title)));
    }
}

/// <summary>A row of a sweep's table.</summary>
/// <param name="Name">Its settings; empty where there is one row.</param>
/// <param name="Fields">The indices of the cells in each column.</param>
public sealed record SweepTableRow(string Name, IReadOnlyList<IReadOnlyList<int>> Fields);
