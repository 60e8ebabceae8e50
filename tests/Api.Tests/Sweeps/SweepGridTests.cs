using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Api.ImageSets;
using StableRep.Api.Sweeps;
using StableRep.Data.Probes;
using StableRep.Engine.Training;

namespace StableRep.Api.Tests.Sweeps;

public sealed class SweepGridTests
{
    private const int Captions = 10_000;

    private static NewSweep Sweep(SweepAxes axes, bool equal = true) => new()
    {
        Name = "grid",
        Axes = axes,
        Images = new ImageSetSettings { CaptionSetId = Guid.NewGuid(), GeneratorId = Guid.NewGuid(), ImagesPerPrompt = 4 },
        Recipe = TrainingRecipes.Named("demo") with { SetsPerBatch = 64, ImagesPerSet = 4, Epochs = 8, WarmupEpochs = 1 },
        Probes = [new NewProbe(ProbeKind.Linear, "scenes-objects"), new NewProbe(ProbeKind.ZeroShot, "scenes-objects")],
        EqualImagesSeen = equal,
    };

    [Fact]
    public void Cells_are_all_combinations_with_the_last_axis_running_fastest()
    {
        var cells = SweepGrid.Of(Sweep(new SweepAxes { TrainingSeed = "0-1", GuidanceScale = "2, 4", Method = "stablerep, clip" }), Captions).Cells().ToList();
        Assert.Equal(8, cells.Count);
        Assert.Equal(
            ["w 2 · stablerep · seed 0", "w 2 · stablerep · seed 1", "w 2 · clip · seed 0", "w 2 · clip · seed 1"],
            cells.Take(4).Select(cell => cell.Experiment.Name["grid · ".Length..]));
        Assert.Equal((4.0, "clip", 1UL), (cells[^1].Experiment.Images.GuidanceScale, cells[^1].Experiment.Recipe.Method, cells[^1].Experiment.Recipe.Seed));
        Assert.Equal(2, cells.Select(cell => cell.Experiment.Images).Distinct().Count());
    }

    [Fact]
    public void The_image_seed_makes_other_images_and_the_training_seed_does_not()
    {
        var byTraining = SweepGrid.Of(Sweep(new SweepAxes { TrainingSeed = "0-2" }), Captions).Cells().ToList();
        var byImages = SweepGrid.Of(Sweep(new SweepAxes { ImageSeed = "0-2" }), Captions).Cells().ToList();
        Assert.Single(byTraining.Select(cell => cell.Experiment.Images).Distinct());
        Assert.Equal(3, byTraining.Select(cell => cell.Experiment.Recipe.Seed).Distinct().Count());
        Assert.Equal(3, byImages.Select(cell => cell.Experiment.Images).Distinct().Count());
        Assert.Single(byImages.Select(cell => cell.Experiment.Recipe.Seed).Distinct());
    }

    [Theory]
    [InlineData(1, "simclr")]
    [InlineData(2, "stablerep")]
    [InlineData(4, "stablerep")]
    [InlineData(8, "stablerep")]
    public void Equal_images_seen_keeps_views_a_batch_and_views_in_all(int imagesPerPrompt, string method)
    {
        var cell = Assert.Single(SweepGrid.Of(Sweep(new SweepAxes { ImagesPerPrompt = $"{imagesPerPrompt}" }), Captions).Cells());
        var recipe = cell.Experiment.Recipe;
        Assert.Equal(method, recipe.Method);
        var views = recipe.ImagesPerSet * (method == "simclr" ? 2 : 1);
        Assert.Equal(64 * 4, recipe.SetsPerBatch * views);
        Assert.Equal(8.0 * 4, recipe.Epochs * views, 9);
        Assert.Equal(1.0 / 8, recipe.WarmupEpochs / recipe.Epochs, 9);
        Assert.Equal(imagesPerPrompt == 1, cell.Notes.Any(note => note.Contains("SimCLR", StringComparison.Ordinal)));
        recipe.Validate();
    }

    [Fact]
    public void Without_equal_images_seen_every_caption_is_seen_as_often()
    {
        var cells = SweepGrid.Of(Sweep(new SweepAxes { ImagesPerPrompt = "2, 8" }, equal: false), Captions).Cells().Select(cell => cell.Experiment.Recipe);
        Assert.Equal([(64, 2, 8.0), (64, 8, 8.0)], cells.Select(recipe => (recipe.SetsPerBatch, recipe.ImagesPerSet, recipe.Epochs)));
    }

    [Fact]
    public void Methods_get_as_many_views_a_batch_and_zero_shot_probes_only_where_they_learn_from_text()
    {
        var cells = SweepGrid.Of(Sweep(new SweepAxes { Method = "stablerep, stablerep+, simclr, clip" }), Captions).Cells().ToList();
        Assert.Equal([64, 64, 128, 256], cells.Select(cell => cell.Experiment.Recipe.SetsPerBatch));
        Assert.Equal([1, 2, 1, 2], cells.Select(cell => cell.Experiment.Probes.Count));
    }

    [Fact]
    public void A_batch_takes_no_more_captions_than_there_are()
    {
        var cell = SweepGrid.Of(Sweep(new SweepAxes { Method = "clip" }), captions: 100).Cells().Single();
        Assert.Equal(100, cell.Experiment.Recipe.SetsPerBatch);
        Assert.Contains(cell.Notes, note => note.Contains("256 captions and takes the 100", StringComparison.Ordinal));
    }

    [Fact]
    public void Epochs_stretch_the_warm_up()
    {
        var recipe = SweepGrid.Of(Sweep(new SweepAxes { Epochs = "0.5" }), Captions).Cells().Single().Experiment.Recipe;
        Assert.Equal((0.5, 0.0625), (recipe.Epochs, recipe.WarmupEpochs));
    }

    [Theory]
    [InlineData("guidanceScale", "101", "from 0 to 100")]
    [InlineData("imagesPerPrompt", "0, 4", "whole numbers from 1 to 1000")]
    [InlineData("imagesPerPrompt", "1.5", "whole numbers")]
    [InlineData("method", "supervised", "'supervised' is unknown")]
    [InlineData("epochs", "0", "above 0")]
    [InlineData("sampler", "magic", "There are: ")]
    [InlineData("trainingSeed", "-1", "from 0")]
    public void Of_names_the_axis_that_is_wrong(string axis, string text, string problem)
    {
        var axes = axis switch
        {
            "guidanceScale" => new SweepAxes { GuidanceScale = text },
            "imagesPerPrompt" => new SweepAxes { ImagesPerPrompt = text },
            "method" => new SweepAxes { Method = text },
            "epochs" => new SweepAxes { Epochs = text },
            "sampler" => new SweepAxes { Sampler = text },
            _ => new SweepAxes { TrainingSeed = text },
        };
        var error = Assert.Throws<InputException>(() => SweepGrid.Of(Sweep(axes), Captions));
        Assert.Contains(problem, error.Errors[$"axes.{axis}"], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_refuses_a_grid_without_axes_and_one_that_is_too_large()
    {
        Assert.Contains("Nothing varies", Refused(new SweepAxes { GuidanceScale = " " }), StringComparison.Ordinal);
        Assert.Contains("10000 cells (100 × 100)", Refused(new SweepAxes { GuidanceScale = "1-100", TrainingSeed = "1-100" }), StringComparison.Ordinal);

        static string Refused(SweepAxes axes) => Assert.Throws<InputException>(() => SweepGrid.Of(Sweep(axes), Captions)).Errors["axes"];
    }
}
