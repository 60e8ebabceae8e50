using System.Text.Json;
using StableRep.Api.Experiments;
using StableRep.Api.Http;
using StableRep.Data.Probes;
using StableRep.Engine.Training;
using StableRep.Web.Experiments;

namespace StableRep.Web.Tests.Experiments;

public sealed class ExperimentFormTests
{
    [Fact]
    public void The_JSON_is_the_request_and_gives_the_form_back()
    {
        var form = Filled();
        var request = JsonSerializer.Deserialize<NewExperiment>(form.ToJson(), StudioJson.Options)!;
        Assert.Equal(JsonSerializer.Serialize(form.ToRequest(), StudioJson.Options), JsonSerializer.Serialize(request, StudioJson.Options));
        var other = new ExperimentForm();
        other.TakeJson(form.ToJson());
        Assert.Equal(form.ToJson(), other.ToJson());
        Assert.Equal(["a", "b"], other.ToRequest().Tags);
        Assert.Equal(form.Recipe.ToJson(), other.Recipe.ToJson());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"name\":\"x\"}")]
    [InlineData("{\"name\":\"x\",\"unknown\":1}")]
    public void TakeJson_of_another_text_throws_and_leaves_the_form_as_it_was(string json)
    {
        var form = Filled();
        var before = form.ToJson();
        Assert.Throws<JsonException>(() => form.TakeJson(json));
        Assert.Equal(before, form.ToJson());
    }

    [Fact]
    public void Every_recipe_of_the_engine_is_recognised_for_every_method_whatever_its_seed()
    {
        foreach (var (name, method) in from name in TrainingRecipes.Names from method in ExperimentForm.Methods select (name, method))
        {
            var form = new ExperimentForm();
            form.TakeMethod(method);
            form.TakePreset(name);
            form.Recipe = form.Recipe with { Seed = 7 };

            // Two names may stand for one recipe.
            Assert.Equal(TrainingRecipes.Named(name, method).ToJson(), TrainingRecipes.Named(form.Preset, method).ToJson());
            form.Recipe.Validate();
        }
    }

    [Fact]
    public void A_changed_value_makes_the_recipe_custom_and_a_preset_brings_it_back()
    {
        var form = new ExperimentForm();
        Assert.Equal("demo", form.Preset);
        form.Recipe = form.Recipe with { Epochs = 3.5, Seed = 4 };
        Assert.Equal(ExperimentForm.Custom, form.Preset);
        form.TakePreset("demo");
        Assert.Equal(("demo", 20.0, 4UL), (form.Preset, form.Recipe.Epochs, form.Recipe.Seed));
    }

    [Fact]
    public void Methods_may_be_changed_forth_and_back_and_leave_a_recipe_that_holds()
    {
        var form = Filled();
        form.Recipe = form.Recipe with { Epochs = 3 };
        foreach (var method in (string[])["clip", "stablerep", "simclr", "stablerep+", "stablerep"])
        {
            form.TakeMethod(method);
            form.Recipe.Validate();
            Assert.Equal(method, form.Recipe.Method);
        }

        Assert.True(form.Recipe.ImagesPerSet >= 2);
    }

    [Fact]
    public void A_method_without_text_takes_zero_shot_probes_away()
    {
        var form = new ExperimentForm();
        form.TakeMethod("clip");
        form.Choose(ProbeKind.ZeroShot, "things", chosen: true);
        form.Choose(ProbeKind.Linear, "things", chosen: true);
        form.TakeMethod("stablerep");
        Assert.Equal([new NewProbe(ProbeKind.Linear, "things")], form.Probes);
    }

    [Theory]
    [InlineData("vit-pocket", 64)]
    [InlineData("vit_small_patch16_224", 224)]
    public void An_encoder_brings_pictures_of_its_size(string backbone, int size)
    {
        var form = new ExperimentForm();
        form.TakeAugmentation("weak");
        form.TakeBackbone(backbone);
        form.Recipe.Validate();
        Assert.Equal((size, "weak"), (form.Recipe.Augmentation.Size, form.Augmentation));
    }

    private static ExperimentForm Filled()
    {
        var form = new ExperimentForm { Name = "“猫” & <b>", Tags = "a, b,, a", Notes = "line\nline", Priority = -3, Probes = [new NewProbe(ProbeKind.FewShot, "things")] };
        form.Images = form.Images with { CaptionSetId = Guid.NewGuid(), GeneratorId = Guid.NewGuid(), GuidanceScale = 2.25, Seed = long.MinValue, Sampler = "euler", CaptionCount = 5 };
        form.TakePreset("paper-cc3m");
        return form;
    }
}
