namespace StableRep.Api.CaptionSets;

/// <summary>The formats of caption files.</summary>
public enum CaptionFormat
{
    /// <summary>One caption a line.</summary>
    Txt,

    /// <summary>Comma-separated values with quotes (RFC 4180).</summary>
    Csv,

    /// <summary>Tab-separated values without quotes, such as CC3M's.</summary>
    Tsv,

    /// <summary>A JSON object or string a line.</summary>
    Jsonl,

    /// <summary>A JSON array of strings or objects, or an object that holds one, such as RedCaps' and COCO's annotations.</summary>
    Json,

    /// <summary>Apache Parquet, such as img2dataset's.</summary>
    Parquet,
}
