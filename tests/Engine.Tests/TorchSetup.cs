using System.Runtime.CompilerServices;
using StableRep.Engine.Runtime;

namespace StableRep.Engine.Tests;

/// <summary>Loads libtorch before a test's own first use of TorchSharp, as every program does at its start.</summary>
internal static class TorchSetup
{
#pragma warning disable CA2255 // A test project is a program without a beginning of its own.
    [ModuleInitializer]
    internal static void Load() => TorchRuntime.Load();
#pragma warning restore CA2255
}
