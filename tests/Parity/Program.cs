using StableRep.Parity;

if (args.Length == 0 || args[0].StartsWith('-'))
{
    await Console.Error.WriteLineAsync(
        """
        Runs every reference case GROUP/NAME.json under a folder and compares the engine's outputs with the reference's.

        usage: parity FOLDER [PART...]

        PART runs only the cases whose name GROUP/NAME contains one of the parts.
        Each line is: case-name max_abs rel_l2 ok|FAIL (the worst of the case's outputs); reasons go to the error stream.
        Exit code: 0 all passed, 1 a case failed, 2 there was nothing to run.
        """);
    return 2;
}

return ParityRunner.RunAll(args[0], args[1..], Console.Out, Console.Error);
