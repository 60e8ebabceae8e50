namespace StableRep.ObjectStore;

/// <summary>An answer that is an error, by S3's code.</summary>
internal sealed class S3Error(int status, string code, string message) : Exception(message)
{
    public int Status => status;

    public string Code => code;

    public static S3Error NoSuchKey => new(404, "NoSuchKey", "The specified key does not exist.");

    public static S3Error NoSuchUpload => new(404, "NoSuchUpload", "The specified multipart upload does not exist.");

    public static S3Error InvalidPart => new(400, "InvalidPart", "One of the parts is missing or not the one that was uploaded.");
}
