using StableRep.Engine.Studies;
using StableRep.Engine.Training;

namespace StableRep.Engine.Tests.Studies;

public sealed class StudyPlanTests
{
    [Theory]
    [InlineData("smoke")]
    [InlineData("quick")]
    [InlineData("small")]
    [InlineData("full")]
    public void Every_method_sees_as_many_views_in_as_many_batches(string name)
    {
        var scale = StudyScale.Named(name);
        var plan = new StudyPlan(scale);
        Assert.All(plan.Cells(), cell =>
        {
            var recipe = plan.Recipe(cell, scale.Captions);
            recipe.Validate();
            var crops = recipe.Method == "simclr" ? 2 : 1;
            Assert.Equal(scale.ViewsPerBatch, recipe.SetsPerBatch * recipe.ImagesPerSet * crops);
            Assert.Equal(scale.Steps, Math.Round(recipe.Epochs * (scale.Captions / recipe.SetsPerBatch)));
            Assert.Equal((ulong)cell.Seed, recipe.Seed);
        });
    }

    [Fact]
    public void Cells_that_experiments_share_are_there_once_and_the_first_seed_comes_first()
    {
        var plan = new StudyPlan(StudyScale.Named("small"));
        var cells = plan.Cells();
        // Random, CLIP, StableRep+, supervised; 7 scales of two methods; real renders; 1, 2, 6 and 8 images per prompt.
        Assert.Equal(3 * (4 + 14 + 1 + 4), cells.Count);
        Assert.Equal(cells.Count, cells.Select(cell => cell.Name).Distinct().Count());
        Assert.All(cells.Take(23), cell => Assert.Equal(0, cell.Seed));
        Assert.Equal((3, 8), plan.ImageSets().Single(set => set.ImagesPerPrompt != 4));
    }

    [Fact]
    public void One_image_per_prompt_is_SimCLR() => Assert.Equal(
        new StudyCell("simclr", 3, 1, 0), new StudyPlan(StudyScale.Named("small")).ByImages(1));

    [Fact]
    public void Names_are_plain_folder_names()
    {
        Assert.Equal("stablerep-plus-g2.5-m4-s1", new StudyCell("stablerep+", 2.5, 4, 1).Name);
        Assert.Equal("simclr-real-m1-s0", new StudyCell("simclr", null, 1, 0).Name);
        Assert.Throws<FormatException>(() => StudyScale.Named("huge"));
        Assert.All(StudyPlan.Methods.Skip(1), method => Assert.Contains(method, TrainingMethods.Names));
    }
}
