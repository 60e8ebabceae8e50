using System.Runtime.InteropServices;

namespace StableRep.Engine.Runtime;

/// <summary>
/// Tells libtorch's OpenMP threads to sleep, not to spin, while they wait for each other. Spinning threads hold the cores that other processes
/// need, and then the operation itself waits for them: with several processes on two cores, training steps were 4 to 10 times slower.
/// </summary>
internal static partial class OpenMpWaiting
{
    private const string Variable = "OMP_WAIT_POLICY";

    /// <summary>Sets the policy unless the environment has one. OpenMP reads it once, so it must be set before libtorch is loaded.</summary>
    public static void Apply()
    {
        if (OperatingSystem.IsLinux())
        {
            // .NET's own environment is a copy that native libraries do not see. A failure costs speed only.
            _ = SetEnvironment(Variable, "PASSIVE", overwrite: 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
