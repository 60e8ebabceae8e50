using StableRep.Engine.Checkpoints;

namespace StableRep.Engine.Tests.Checkpoints;

public sealed class ConfigDocumentTests
{
    [Fact]
    public void Values_of_every_kind_are_read_and_null_counts_as_absent()
    {
        var config = Parse("""{"i":8,"f":8.0,"d":1e-05,"b":true,"s":"silu","l":[1,2],"t":["a"],"r":[0.5],"n":null,"o":{"x":1}}""");
        Assert.Equal(8, config.Int32("i"));
        Assert.Equal(8, config.Int32("f"));
        Assert.Equal(1e-5, config.Double("d"));
        Assert.True(config.Boolean("b"));
        Assert.Equal("silu", config.String("s"));
        Assert.Equal([1, 2], config.Int32List("l"));
        Assert.Equal(["a"], config.StringList("t"));
        Assert.Equal([0.5], config.DoubleList("r"));
        Assert.Equal(3, config.Int32("n", 3));
        Assert.False(config.Has("n"));
        Assert.True(config.Has("i"));
        Assert.Equal(1, config.Section("o").Int32("x"));
        Assert.Equal([8, 8, 8], config.Int32PerLevel("i", 3));
        Assert.Equal([1, 2], config.Int32PerLevel("l", 2));
        config.RejectUnread();
    }

    [Theory]
    [InlineData("""{"k":"8"}""", "unet/config.json: 'k' is \"8\", not an integer.")]
    [InlineData("""{"k":8.5}""", "unet/config.json: 'k' is 8.5, not an integer.")]
    [InlineData("""{"k":99999999999}""", "unet/config.json: 'k' is 99999999999, not an integer.")]
    [InlineData("""{}""", "unet/config.json: 'k' is missing.")]
    [InlineData("""{"k":null}""", "unet/config.json: 'k' is missing.")]
    public void Int32_of_anything_else_names_file_key_and_value(string json, string message) =>
        Assert.Equal(message, Assert.Throws<CheckpointException>(() => Parse(json).Int32("k")).Message);

    [Fact]
    public void Int32PerLevel_of_another_length_is_refused() =>
        Assert.Contains("a list of 4", Assert.Throws<CheckpointException>(() => Parse("""{"k":[1,2]}""").Int32PerLevel("k", 4)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"k":null}""")]
    [InlineData("""{"k":false}""")]
    [InlineData("""{"k":1}""")]
    [InlineData("""{"k":1.0}""")]
    [InlineData("""{"k":"default"}""")]
    public void Expect_of_an_allowed_value_passes(string json) => Parse(json).Expect("k", false, 1, "default");

    [Theory]
    [InlineData("""{"k":true}""")]
    [InlineData("""{"k":2}""")]
    [InlineData("""{"k":"scale_shift"}""")]
    [InlineData("""{"k":[1]}""")]
    public void Expect_of_another_value_names_file_key_value_and_what_is_supported(string json)
    {
        var message = Assert.Throws<CheckpointException>(() => Parse(json).Expect("k", false, 1, "default")).Message;
        Assert.StartsWith("unet/config.json: 'k' is ", message, StringComparison.Ordinal);
        Assert.EndsWith("supported: false, 1, \"default\".", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Expect_of_nothing_allows_null_alone()
    {
        Parse("""{"k":null}""").Expect("k");
        Parse("""{"k":null}""").Expect("k", null);
        Assert.Throws<CheckpointException>(() => Parse("""{"k":0}""").Expect("k"));
        Assert.Throws<CheckpointException>(() => Parse("""{"k":null}""").Expect("k", "silu"));
    }

    [Fact]
    public void RejectUnread_lists_the_keys_that_switch_something_on()
    {
        var config = Parse("""{"read":1,"_class_name":"X","off":false,"none":null,"empty":[],"known":5,"dual":true,"extra":{"a":1}}""");
        config.Int32("read");
        var message = Assert.Throws<CheckpointException>(() => config.RejectUnread("known")).Message;
        Assert.Contains("'dual' (true), 'extra' ({\"a\":1})", message, StringComparison.Ordinal);
        Assert.DoesNotContain("'off'", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1]", "not an object")]
    [InlineData("{\"a\":1,}", "not valid JSON")]
    [InlineData("{\"a\":1,\"a\":2}", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    public void Parse_of_anything_but_one_object_is_refused(string json, string message) =>
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => Parse(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void Load_of_a_file_that_is_not_there_names_it() =>
        Assert.Equal("/nowhere/config.json: there is no such file.", Assert.Throws<CheckpointException>(() => ConfigDocument.Load("/nowhere/config.json")).Message);

    private static ConfigDocument Parse(string json) => ConfigDocument.Parse(json, "unet/config.json");
}
