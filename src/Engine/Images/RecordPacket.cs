using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace StableRep.Engine.Images;

/// <summary>
/// The generation record as an XMP packet (ISO 16684-1): the caption as <c>dc:description</c> and <c>xmp:CreatorTool</c>, which any picture
/// tool shows, and the whole record as JSON in a property of our own.
/// </summary>
internal static class RecordPacket
{
    private const int DescriptionLimit = 1000;
    private static readonly XNamespace Meta = "adobe:ns:meta/";
    private static readonly XNamespace Rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
    private static readonly XNamespace Dc = "http://purl.org/dc/elements/1.1/";
    private static readonly XNamespace Xmp = "http://ns.adobe.com/xap/1.0/";
    private static readonly XNamespace Own = "https://stablerep.studio/ns/generation/1.0/";

    public static byte[] Write(GenerationRecord record)
    {
        var description = new XElement(Rdf + "Description",
            new XAttribute(Rdf + "about", ""),
            new XAttribute(XNamespace.Xmlns + "dc", Dc),
            new XAttribute(XNamespace.Xmlns + "xmp", Xmp),
            new XAttribute(XNamespace.Xmlns + "stablerep", Own),
            new XElement(Dc + "description", new XElement(Rdf + "Alt",
                new XElement(Rdf + "li", new XAttribute(XNamespace.Xml + "lang", "x-default"), Printable(record.Caption)))),
            new XElement(Xmp + "CreatorTool", "StableRep Studio"),
            new XElement(Own + "record", Printable(record.ToJson(), int.MaxValue)));
        var packet = new XElement(Meta + "xmpmeta", new XAttribute(XNamespace.Xmlns + "x", Meta),
            new XElement(Rdf + "RDF", new XAttribute(XNamespace.Xmlns + "rdf", Rdf), description));
        return Encoding.UTF8.GetBytes(
            $"<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>{packet.ToString(SaveOptions.DisableFormatting)}<?xpacket end=\"r\"?>");
    }

    /// <summary>The record of a packet; null where the packet is not ours or not XML.</summary>
    public static GenerationRecord? Read(ReadOnlySpan<byte> packet)
    {
        try
        {
            var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, ConformanceLevel = ConformanceLevel.Fragment };
            using var reader = XmlReader.Create(new StringReader(Encoding.UTF8.GetString(packet).TrimStart('\uFEFF')), settings);
            return reader.ReadToFollowing("record", Own.NamespaceName)
                ? GenerationRecord.TryParse(Encoding.UTF8.GetBytes(reader.ReadElementContentAsString()))
                : null;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    // XML 1.0 has no way to write most control characters; the JSON escapes them, the description does without.
    private static string Printable(string text, int limit = DescriptionLimit)
    {
        var builder = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (builder.Length >= limit)
            {
                break;
            }

            builder.Append(rune.Value is '\t' or '\n' || (rune.Value >= ' ' && rune.Value is not 0xfffe and not 0xffff)
                ? rune.ToString()
                : "\uFFFD");
        }

        return builder.ToString();
    }
}
