using System.Globalization;
using StableRep.Crash;

// One experiment while its processes are killed, and the same one undisturbed: at the end both must be the same, byte for byte.
var plan = new CrashPlan();
for (var i = 0; i < args.Length; i += 2)
{
    plan = (args[i], i + 1 < args.Length ? args[i + 1] : null) switch
    {
        ("--kills", { } text) => plan with { Kills = int.Parse(text, CultureInfo.InvariantCulture) },
        ("--seed", { } text) => plan with { Seed = int.Parse(text, CultureInfo.InvariantCulture) },
        _ => throw new FormatException($"{args[i]} is no option with a value: use --kills N or --seed N."),
    };
}

var problems = await CrashRun.RunAsync(plan, Console.WriteLine, CancellationToken.None);
foreach (var problem in problems)
{
    await Console.Error.WriteLineAsync("WRONG: " + problem);
}

Console.WriteLine(problems.Count == 0 ? "Nothing was lost, doubled or changed." : $"{problems.Count} things are wrong.");
return problems.Count == 0 ? 0 : 1;
