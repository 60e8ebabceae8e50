namespace StableRep.Data;

internal static class DataAssembly;
