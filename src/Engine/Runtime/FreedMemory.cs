using System.Runtime.InteropServices;

namespace StableRep.Engine.Runtime;

/// <summary>
/// Lets the C library keep freed memory for the next allocation. A training step frees and allocates hundreds of megabytes; by default glibc gives
/// them back to the system at once, and taking them again, page by page, costs up to a fifth of the step.
/// </summary>
internal static partial class FreedMemory
{
    private const int TrimThreshold = -1;
    private const int MappingThreshold = -3;
    private const int Kept = 1 << 30;

    // The largest that glibc accepts: larger blocks are mapped on their own, and go back to the system when they are freed.
    private const int LargestPooled = 32 << 20;

    /// <summary>Idempotent. Does nothing where the environment tunes the allocator, or where the C library is not glibc.</summary>
    public static void Keep()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_TRIM_THRESHOLD_") is not null)
        {
            return;
        }

        try
        {
            // A refusal costs speed only.
            _ = SetMallocOption(TrimThreshold, Kept);
            _ = SetMallocOption(MappingThreshold, LargestPooled);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such setting, and no such habit.
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetMallocOption(int option, int value);
}
