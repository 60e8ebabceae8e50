namespace StableRep.ObjectStore;

/// <summary>Who may use the store.</summary>
public sealed record Credentials(string AccessKey, string SecretKey);
