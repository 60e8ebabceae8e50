using System.Globalization;
using StableRep.Crash;

// crash: one experiment while its processes are killed, and the same one undisturbed: at the end both must be the same, byte for byte.
// load: one experiment while many watch it and many ask.
var load = args is ["load", ..];
var given = new Dictionary<string, int> { ["--kills"] = 20, ["--seed"] = 1, ["--subscribers"] = 200, ["--clients"] = 50, ["--seconds"] = 30 };
var options = load ? args[1..] : args;
for (var i = 0; i < options.Length; i += 2)
{
    given[given.ContainsKey(options[i]) && i + 1 < options.Length ? options[i] : throw new FormatException(
        $"{options[i]} is no option with a value. Use: [--kills N] [--seed N], or: load [--subscribers N] [--clients N] [--seconds N].")]
        = int.Parse(options[i + 1], CultureInfo.InvariantCulture);
}

if (load)
{
    await LoadRun.RunAsync(given["--subscribers"], given["--clients"], TimeSpan.FromSeconds(given["--seconds"]), Console.WriteLine, CancellationToken.None);
    return 0;
}

var problems = await CrashRun.RunAsync(new CrashPlan { Kills = given["--kills"], Seed = given["--seed"] }, Console.WriteLine, CancellationToken.None);
foreach (var problem in problems)
{
    await Console.Error.WriteLineAsync("WRONG: " + problem);
}

Console.WriteLine(problems.Count == 0 ? "Nothing was lost, doubled or changed." : $"{problems.Count} things are wrong.");
return problems.Count == 0 ? 0 : 1;
