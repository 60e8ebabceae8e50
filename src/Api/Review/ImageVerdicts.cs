namespace StableRep.Api.Review;

/// <summary>
/// The rule by which marks become one verdict on an image, written once: the last word of a resolution; else what the majority of approve and
/// reject says, where in blind review nothing is decided before two people have judged; else flag when somebody flagged it; else none. An image
/// is left out of training and of the accepted set when its verdict is reject: ties and flags keep it.
/// </summary>
internal static class ImageVerdicts
{
    /// <summary>
    /// A query of images of the set <c>$1</c> with their verdicts counted and their status, a name of <see cref="ReviewStatus"/>. It tells no
    /// single person's verdict: in blind review nothing is decided or in dispute before both verdicts are there.
    /// </summary>
    /// <param name="where">Which images <c>i</c>, as SQL; all by default.</param>
    public static string Of(string where = "true") =>
        $"""
        SELECT id, caption_index, image_index, blind, verdicts, resolution IS NOT NULL AS resolved,
            resolution IS NULL AND (approvals > 0)::int + (rejections > 0)::int + (flags > 0)::int > 1 AND NOT (blind AND verdicts < 2) AS disputed,
            CASE
                WHEN resolution IS NOT NULL THEN resolution
                WHEN verdicts = 0 THEN 'unreviewed'
                WHEN blind AND verdicts < 2 THEN 'undecided'
                WHEN approvals > rejections THEN 'approve'
                WHEN rejections > approvals THEN 'reject'
                WHEN flags > 0 THEN 'flag'
                ELSE 'undecided'
            END AS status
        FROM (
            SELECT i.id, i.caption_index, i.image_index, coalesce(m.approvals, 0) AS approvals, coalesce(m.rejections, 0) AS rejections,
                coalesce(m.flags, 0) AS flags, coalesce(m.verdicts, 0) AS verdicts, r.verdict AS resolution,
                coalesce((SELECT s.blind FROM app.review_settings s WHERE s.image_set_id = $1), false) AS blind
            FROM app.images i
            LEFT JOIN (
                SELECT m.image_id, count(*) FILTER (WHERE m.verdict = 'approve')::int AS approvals,
                    count(*) FILTER (WHERE m.verdict = 'reject')::int AS rejections, count(*) FILTER (WHERE m.verdict = 'flag')::int AS flags,
                    count(m.verdict)::int AS verdicts
                FROM app.review_marks m JOIN app.images i ON i.id = m.image_id
                WHERE i.image_set_id = $1 AND {where}
                GROUP BY m.image_id) m ON m.image_id = i.id
            LEFT JOIN app.review_resolutions r ON r.image_id = i.id
            WHERE i.image_set_id = $1 AND {where}) counted
        """;

    /// <summary>Whether the reviewer <paramref name="viewer"/> may see a mark <c>m</c> on an image <c>v</c> of <see cref="Of"/>, as SQL.</summary>
    public static string Visible(string viewer) => $"(m.reviewer_id = {viewer} OR NOT v.blind OR v.verdicts >= 2)";
}
