using StableRep.Api.Hosting;

namespace StableRep.Api.Review;

/// <summary>The query of the captions that a filter shows, in its order. It never tells a mark that the viewer may not see.</summary>
internal static class ReviewView
{
    /// <summary>Writes the query.</summary>
    /// <param name="filter">The filter, checked.</param>
    /// <param name="setId">The image set.</param>
    /// <param name="captionSetId">Its caption set.</param>
    /// <param name="captions">How many captions of that it uses.</param>
    /// <param name="viewer">The reviewer who asks.</param>
    public static (string Text, SqlText Values) Query(ReviewFilter filter, Guid setId, Guid captionSetId, int captions, Guid viewer)
    {
        var sql = new SqlText();
        var set = sql.Value(setId);
        var me = sql.Value(viewer);
        sql.Conditions.Add($"c.caption_set_id = {sql.Value(captionSetId)} AND c.index < {sql.Value(captions)}");
        var usesImages = filter.AsksForImages || filter.Order is ReviewOrder.Disagreement;
        var joins = new List<string>();
        if (filter.AsksForImages)
        {
            joins.Add($"JOIN (SELECT DISTINCT v.caption_index FROM v WHERE {ImageConditions(filter, sql, me)}) hit ON hit.caption_index = c.index");
        }

        if (filter.Order is ReviewOrder.Diversity or ReviewOrder.MostDiverse || filter.MinDiversity is not null || filter.MaxDiversity is not null)
        {
            joins.Add($"LEFT JOIN app.positive_set_measures d ON d.image_set_id = {set} AND d.caption_index = c.index");
        }

        if (filter.Order is ReviewOrder.Disagreement)
        {
            joins.Add("LEFT JOIN (SELECT caption_index, count(*) AS disputes FROM v WHERE disputed GROUP BY caption_index) o ON o.caption_index = c.index");
        }
        else if (filter.Order is ReviewOrder.Rating or ReviewOrder.BestRated or ReviewOrder.Recent)
        {
            usesImages = true;
            joins.Add(
                "LEFT JOIN (SELECT v.caption_index, avg(m.rating) AS rating, max(m.at) AS at FROM v JOIN app.review_marks m ON m.image_id = v.id " +
                $"WHERE {ImageVerdicts.Visible(me)} GROUP BY v.caption_index) o ON o.caption_index = c.index");
        }

        CaptionConditions(filter, sql, set);
        var order = filter.Order switch
        {
            ReviewOrder.Diversity => "d.diversity NULLS LAST, ",
            ReviewOrder.MostDiverse => "d.diversity DESC NULLS LAST, ",
            ReviewOrder.Disagreement => "o.disputes DESC NULLS LAST, ",
            ReviewOrder.Rating => "o.rating NULLS LAST, ",
            ReviewOrder.BestRated => "o.rating DESC NULLS LAST, ",
            ReviewOrder.Recent => "o.at DESC NULLS LAST, ",
            _ => "",
        };
        // The first two values must be known to the server also where nothing asks for them.
        var text = $"{(usesImages ? $"WITH v AS MATERIALIZED ({ImageVerdicts.Of()}) " : "")}SELECT c.index FROM app.captions c {string.Join(' ', joins)} " +
            $"WHERE {sql.All} AND {set}::uuid IS NOT NULL AND {me}::uuid IS NOT NULL ORDER BY {order}c.index";
        return (text, sql);
    }

    private static string ImageConditions(ReviewFilter filter, SqlText sql, string me)
    {
        var image = new List<string>();
        var mark = new List<string>();
        var ofReviewer = filter.ReviewerId is not null && filter.Status is ReviewStatus.Approve or ReviewStatus.Reject or ReviewStatus.Flag;
        if (filter is { ReviewerId: { } person, Status: ReviewStatus.Unreviewed })
        {
            image.Add($"NOT EXISTS (SELECT FROM app.review_marks m WHERE m.image_id = v.id AND m.reviewer_id = {sql.Value(person)} AND m.verdict IS NOT NULL)");
        }
        else if (filter.ReviewerId is { } reviewer)
        {
            mark.Add($"m.reviewer_id = {sql.Value(reviewer)}");
        }

        if (filter.Status is { } status && !(filter.ReviewerId is not null && (ofReviewer || status == ReviewStatus.Unreviewed)))
        {
            image.Add($"v.status = {sql.Value(StoreNames.Of(status))}");
        }
        else if (ofReviewer && filter.ReviewerId is not null)
        {
            mark.Add($"m.verdict = {sql.Value(StoreNames.Of(filter.Status!.Value))}");
        }

        if (filter.Tag is { } tag)
        {
            mark.Add($"{sql.Value(tag)} = ANY(m.tags)");
        }

        if (filter.MinRating is { } least)
        {
            mark.Add($"m.rating >= {sql.Value(least)}");
        }

        if (filter.MaxRating is { } most)
        {
            mark.Add($"m.rating <= {sql.Value(most)}");
        }

        if (filter.Commented)
        {
            mark.Add("m.comment <> ''");
        }

        if (mark.Count > 0)
        {
            image.Add($"EXISTS (SELECT FROM app.review_marks m WHERE m.image_id = v.id AND {ImageVerdicts.Visible(me)} AND {string.Join(" AND ", mark)})");
        }

        if (filter.Disagreement)
        {
            image.Add("v.disputed");
        }

        if (filter.Replacement)
        {
            image.Add("EXISTS (SELECT FROM app.images r WHERE r.id = v.id AND r.replaces_id IS NOT NULL)");
        }

        return string.Join(" AND ", image);
    }

    private static void CaptionConditions(ReviewFilter filter, SqlText sql, string set)
    {
        if (filter.AssignedTo is { } person)
        {
            sql.Conditions.Add(
                $"EXISTS (SELECT FROM app.review_assignments a WHERE a.image_set_id = {set} AND a.reviewer_id = {sql.Value(person)} " +
                "AND c.index >= a.first_caption AND c.index < a.first_caption + a.caption_count)");
        }

        if (filter.Caption is { Length: > 0 } text)
        {
            sql.Conditions.Add($"c.text ILIKE {sql.Value($"%{text.Normalize().Replace("\\", "\\\\").Replace("%", "\\%").Replace("_", "\\_")}%")}");
        }

        if (filter.MinDiversity is { } low)
        {
            sql.Conditions.Add($"d.diversity >= {sql.Value(low)}");
        }

        if (filter.MaxDiversity is { } high)
        {
            sql.Conditions.Add($"d.diversity <= {sql.Value(high)}");
        }
    }
}
