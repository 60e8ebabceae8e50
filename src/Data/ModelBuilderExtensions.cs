using System.Linq.Expressions;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace StableRep.Data;

internal static class ModelBuilderExtensions
{
    /// <summary>Stores an enum as its name in snake case, and lets the database refuse any other text.</summary>
    public static void HasEnum<TEntity, TEnum>(this EntityTypeBuilder<TEntity> builder, Expression<Func<TEntity, TEnum>> property)
        where TEntity : class
        where TEnum : struct, Enum
    {
        var name = builder.Property(property)
            .HasConversion(value => Name(value), text => Parse<TEnum>(text))
            .HasMaxLength(40)
            .Metadata.Name;
        var column = JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
        var values = string.Join(", ", Enum.GetValues<TEnum>().Select(value => $"'{Name(value)}'"));
        var table = JsonNamingPolicy.SnakeCaseLower.ConvertName(typeof(TEntity).Name);
        builder.ToTable(options => options.HasCheckConstraint($"ck_{table}_{column}", $"{column} in ({values})"));
    }

    public static string Name<TEnum>(TEnum value)
        where TEnum : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    private static TEnum Parse<TEnum>(string text)
        where TEnum : struct, Enum => Enum.GetValues<TEnum>().First(value => Name(value) == text);
}
