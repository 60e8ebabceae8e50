using Microsoft.EntityFrameworkCore;
using StableRep.Api.Http;
using StableRep.Data;

namespace StableRep.Api.Experiments;

/// <summary>Changes what people say of experiments.</summary>
public sealed class ExperimentEdits(IDbContextFactory<StudioDbContext> stores)
{
    private const int LongestTag = 60;
    private const int LongestNotes = 20_000;

    /// <summary>Adds a word to find an experiment by; one that it has stays single.</summary>
    /// <exception cref="InputException">The tag is empty, too long or holds a comma.</exception>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task AddTagAsync(Guid id, string tag, CancellationToken cancellationToken = default)
    {
        var word = tag.Trim();
        if (word.Length is 0 or > LongestTag || word.Contains(',', StringComparison.Ordinal) || word.Contains('\0', StringComparison.Ordinal))
        {
            throw new InputException("tags", $"A tag must have 1 to {LongestTag} characters and no comma.");
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var experiment = await store.Experiments.SingleOrDefaultAsync(row => row.Id == id, cancellationToken) ?? throw new MissingException("experiment", id);
        if (!experiment.Tags.Contains(word))
        {
            experiment.Tags = [.. experiment.Tags, word];
            await store.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>Replaces an experiment's tags and notes.</summary>
    /// <exception cref="InputException">A tag or the notes are too long.</exception>
    /// <exception cref="MissingException">There is no such experiment.</exception>
    public async Task AnnotateAsync(Guid id, IReadOnlyList<string> tags, string notes, CancellationToken cancellationToken = default)
    {
        if (notes.Length > LongestNotes || notes.Contains('\0', StringComparison.Ordinal))
        {
            throw new InputException("notes", $"Notes must be text of at most {LongestNotes} characters.");
        }

        var words = tags.Select(tag => tag.Trim()).Where(tag => tag.Length > 0).Distinct().ToArray();
        if (words.Any(word => word.Length > LongestTag || word.Contains('\0', StringComparison.Ordinal)))
        {
            throw new InputException("tags", $"A tag must have 1 to {LongestTag} characters.");
        }

        await using var store = await stores.CreateDbContextAsync(cancellationToken);
        var experiment = await store.Experiments.SingleOrDefaultAsync(row => row.Id == id, cancellationToken) ?? throw new MissingException("experiment", id);
        (experiment.Tags, experiment.Notes) = (words, notes);
        await store.SaveChangesAsync(cancellationToken);
    }
}
