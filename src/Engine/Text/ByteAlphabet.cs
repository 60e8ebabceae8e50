namespace StableRep.Engine.Text;

/// <summary>
/// The 256 printable characters that stand for the 256 bytes in a byte-level vocabulary (GPT-2's alphabet): a printable Latin-1 byte
/// stands for itself, the others for the characters from U+0100 on, in order.
/// </summary>
internal static class ByteAlphabet
{
    /// <summary>What is written after the last symbol of a word.</summary>
    public const string EndOfWord = "</w>";

    /// <summary>The character of each byte.</summary>
    public static char[] Characters { get; } = Build();

    private static char[] Build()
    {
        var characters = new char[256];
        var next = 'Ā';
        for (var value = 0; value < 256; value++)
        {
            characters[value] = value is (>= '!' and <= '~') or (>= '¡' and <= '¬') or (>= '®' and <= 'ÿ') ? (char)value : next++;
        }

        return characters;
    }
}
