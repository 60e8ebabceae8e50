using System.Globalization;
using System.Text;
using StableRep.Engine.Evaluation;
using StableRep.Engine.Runtime;
using StableRep.Engine.Studies.Plots;

namespace StableRep.Engine.Studies;

/// <summary>Writes a study's report: one Markdown page with its tables, a PNG plot for each experiment, and every run's numbers as CSV.</summary>
/// <param name="study">The study; cells that are not done are shown as such.</param>
/// <param name="commit">The version of the program that ran it.</param>
public sealed class StudyReport(Study study, string commit)
{
    private const string AccuracyLabel = "top-1 accuracy of the linear probe, %";

    private static readonly Dictionary<string, string> Titles = new()
    {
        [StudyCell.Random] = "random init",
        ["simclr"] = "SimCLR",
        ["clip"] = "CLIP",
        ["stablerep"] = "StableRep",
        ["stablerep+"] = "StableRep+",
        ["supervised"] = "supervised",
    };

    /// <summary>Writes <c>README.md</c>, the plots and <c>cells.csv</c> into a folder, replacing an older report.</summary>
    /// <param name="folder">The folder; made where it is missing.</param>
    public void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var page = new StringBuilder();
        Head(page);
        Guidance(page, folder);
        Images(page, folder);
        Methods(page, folder);
        WriteText(folder, "README.md", page);
        WriteText(folder, "cells.csv", Table());
    }

    private void Head(StringBuilder page)
    {
        var (scale, progress) = (study.Scale, study.Progress());
        page.Append(CultureInfo.InvariantCulture, $"""
            # The paper's claims on scenes

            Made by `study --scale {scale.Name}` at version `{commit}`. {(progress.CellsLeft == 0
                ? $"All {progress.Cells} training runs are done."
                : $"{progress.Cells - progress.CellsLeft} of {progress.Cells} training runs are done; the same command goes on with the others.")}

            Numbers are top-1 accuracies in percent of a linear probe on `scenes-objects` (18 classes, {scale.ProbeTrain} train and {scale.ProbeTest} test images
            that no generator and no encoder saw): mean ± half the 95% interval (Student's t) over {scale.Seeds} seeds of training and probe. The images are the
            same for all seeds. The probe's classifier is chosen on a tenth of its train split and tested once. [Every run's numbers](cells.csv).

            Every run: {scale.Captions} captions, vit-pocket at 64 pixels, {scale.Steps} batches of {scale.ViewsPerBatch} views; so all methods see as many views.
            Where it is not varied, the guidance scale is {scale.DefaultGuidance} and there are {scale.ImagesPerPrompt} images per prompt.


            """);
    }

    private void Guidance(StringBuilder page, string folder)
    {
        page.Append("## 1. Guidance scale\n\n");
        page.Append("Diversity is 1 - the mean cosine similarity of a caption's images, in the features of StableRep at the default scale.\n\n");
        page.Append("| guidance | StableRep | SimCLR | diversity within a caption |\n|---:|---:|---:|---:|\n");
        foreach (var guidance in study.Scale.Guidances)
        {
            var diversity = study.Diversity(guidance)?.Diversity.ToString("F3", CultureInfo.InvariantCulture) ?? "";
            page.Append(CultureInfo.InvariantCulture,
                $"| {guidance} | {Cell(study.Plan.ByGuidance("stablerep", guidance))} | {Cell(study.Plan.ByGuidance("simclr", guidance))} | {diversity} |\n");
        }

        var real = study.Plan.ByGuidance("simclr", null);
        page.Append(CultureInfo.InvariantCulture, $"| real renders | | {Cell(real)} | |\n\n");
        var synthetic = study.Scale.Guidances.Select(guidance => study.Plan.ByGuidance("simclr", guidance)).ToArray();
        if (study.Lead([.. synthetic.Select(cell => (cell with { Method = "stablerep" }, cell))]) is { } overSimClr
            && study.Lead([.. synthetic.Select(cell => (cell, real))]) is { } overReal)
        {
            page.Append("Compared seed by seed, averaged over the guidance scales: StableRep is ").Append(overSimClr.ToPercent())
                .Append(" points ahead of SimCLR, and SimCLR on generated images ").Append(overReal.ToPercent()).Append(" points ahead of SimCLR on real renders.\n\n");
        }

        var series = new List<ChartSeries>
        {
            Line("StableRep", study.Scale.Guidances, guidance => study.Plan.ByGuidance("stablerep", guidance)),
            Line("SimCLR", study.Scale.Guidances, guidance => study.Plan.ByGuidance("simclr", guidance)),
        };
        if (study.Accuracy(real) is { } level)
        {
            series.Add(new ChartSeries("SimCLR, real renders", [Point(0, level)], IsLevel: true));
        }

        Plot(page, folder, "guidance.png", new Chart("Guidance scale", "guidance scale", AccuracyLabel, series), bars: false);
    }

    private void Images(StringBuilder page, string folder)
    {
        page.Append("## 2. Images per prompt\n\nWith one image the only positive is another crop of it, and the loss is SimCLR's.\n\n");
        page.Append("| images per prompt | StableRep |\n|---:|---:|\n");
        foreach (var images in study.Scale.ImagesPerPromptGrid)
        {
            page.Append(CultureInfo.InvariantCulture, $"| {images} | {Cell(study.Plan.ByImages(images))} |\n");
        }

        page.Append('\n');
        var line = Line("StableRep", [.. study.Scale.ImagesPerPromptGrid.Select(images => (double)images)], images => study.Plan.ByImages((int)images));
        Plot(page, folder, "images-per-prompt.png", new Chart("Images per prompt, as many views", "images per prompt", AccuracyLabel, [line]), bars: false);
    }

    private void Methods(StringBuilder page, string folder)
    {
        page.Append("## 3. Methods\n\n| method | linear probe | ahead of random init, seed by seed | 20 nearest neighbours |\n|---|---:|---:|---:|\n");
        var random = study.Plan.ByMethod(StudyCell.Random);
        foreach (var method in StudyPlan.Methods)
        {
            var cell = study.Plan.ByMethod(method);
            page.Append(CultureInfo.InvariantCulture, $"| {Titles[method]} | {Cell(cell)} | {(cell == random ? "" : Text(study.Lead([(cell, random)])))} | {Text(study.Neighbours(cell))} |\n");
        }

        page.Append('\n');
        var series = StudyPlan.Methods
            .Select(method => (method, Accuracy: study.Accuracy(study.Plan.ByMethod(method))))
            .Where(row => row.Accuracy is not null)
            .Select(row => new ChartSeries(Titles[row.method], [Point(0, row.Accuracy!)]));
        Plot(page, folder, "methods.png", new Chart("Methods, as many views", "", AccuracyLabel, [.. series]), bars: true);
    }

    private static ChartPoint Point(double x, MeanInterval value) => new(x, 100 * value.Mean, 100 * value.HalfWidth);

    private static void Plot(StringBuilder page, string folder, string name, Chart chart, bool bars)
    {
        var drawn = chart with { Series = [.. chart.Series.Where(series => series.Points.Count > 0)] };
        if (drawn.Series.Count > 0)
        {
            DurableFile.Write(Path.Combine(folder, name), stream => stream.Write(bars ? drawn.ToBarPng() : drawn.ToLinePng()));
            page.Append(CultureInfo.InvariantCulture, $"![{chart.Title}]({name})\n\n");
        }
    }

    private ChartSeries Line(string name, IReadOnlyList<double> xs, Func<double, StudyCell> cell) =>
        new(name, [.. xs.Select(x => (X: x, Value: study.Accuracy(cell(x)))).Where(point => point.Value is not null).Select(point => Point(point.X, point.Value!))]);

    private StringBuilder Table()
    {
        var table = new StringBuilder("method,guidance,images_per_prompt,seed,linear_probe,nearest_neighbours\n");
        foreach (var cell in study.Plan.Cells())
        {
            if (study.Find(cell) is { } result)
            {
                var guidance = cell.Guidance?.ToString(CultureInfo.InvariantCulture) ?? "real";
                table.Append(CultureInfo.InvariantCulture,
                    $"{cell.Method},{guidance},{cell.ImagesPerPrompt},{cell.Seed},{result.Accuracy:F4},{result.Probes.Neighbours?.Top1:F4}\n");
            }
        }

        return table;
    }

    private static void WriteText(string folder, string name, StringBuilder text) =>
        DurableFile.Write(Path.Combine(folder, name), stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));

    private string Cell(StudyCell setting) => Text(study.Accuracy(setting));

    private static string Text(MeanInterval? value) => value?.ToPercent() ?? "not done";
}
