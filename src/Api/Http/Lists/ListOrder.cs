using System.Linq.Expressions;
using System.Text.Json;

namespace StableRep.Api.Http.Lists;

/// <summary>The order of a list, and where in it a page ends.</summary>
internal sealed class ListOrder<T>
{
    private readonly List<(LambdaExpression Field, bool Falls)> _terms = [];

    private ListOrder()
    {
    }

    /// <summary>The fields that decide, the key last.</summary>
    public int Count => _terms.Count;

    /// <exception cref="InputException">A field is unknown or has no order.</exception>
    public static ListOrder<T> Parse(string? text, ListFields<T> fields)
    {
        var order = new ListOrder<T>();
        var falls = true;
        foreach (var term in (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var words = term.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var field = fields.FindOrder(words[0]);
            if (field is null || words.Length > 2 || (words.Length == 2 && words[1] is not ("asc" or "desc")))
            {
                var names = fields.Names.Where(name => fields.FindOrder(name) is not null);
                throw new InputException("order_by", $"'{term}' is no order: write one of {string.Join(", ", names)}, with 'desc' behind it for falling.");
            }

            falls = words.Length == 2 && words[1] == "desc";
            order._terms.Add((field, falls));
        }

        order._terms.Add((fields.Key, falls));
        return order;
    }

    public IQueryable<T> Sort(IQueryable<T> rows)
    {
        for (var index = 0; index < _terms.Count; index++)
        {
            var (field, falls) = _terms[index];
            var method = (index, falls) switch
            {
                (0, false) => nameof(Queryable.OrderBy),
                (0, true) => nameof(Queryable.OrderByDescending),
                (_, false) => nameof(Queryable.ThenBy),
                (_, true) => nameof(Queryable.ThenByDescending),
            };
            rows = rows.Provider.CreateQuery<T>(
                Expression.Call(typeof(Queryable), method, [typeof(T), field.ReturnType], rows.Expression, Expression.Quote(field)));
        }

        return rows;
    }

    /// <summary>Each row with the values that place it.</summary>
    public Expression<Func<T, PlacedRow<T>>> Placed()
    {
        var row = Expression.Parameter(typeof(T), "row");
        var values = _terms.Select(term => Expression.Convert(ParameterSwap.Body(term.Field, row), typeof(object)));
        return Expression.Lambda<Func<T, PlacedRow<T>>>(
            Expression.MemberInit(
                Expression.New(typeof(PlacedRow<T>)),
                Expression.Bind(typeof(PlacedRow<T>).GetProperty(nameof(PlacedRow<>.Row))!, row),
                Expression.Bind(typeof(PlacedRow<T>).GetProperty(nameof(PlacedRow<>.Place))!, Expression.NewArrayInit(typeof(object), values))),
            row);
    }

    /// <summary>The rows behind a place.</summary>
    public Expression<Func<T, bool>> Behind(IReadOnlyList<JsonElement> place)
    {
        var row = Expression.Parameter(typeof(T), "row");
        Expression? behind = null;
        for (var index = _terms.Count - 1; index >= 0; index--)
        {
            var (field, falls) = _terms[index];
            var value = Captured.Value(place[index].Deserialize(field.ReturnType, StudioJson.Options), field.ReturnType);
            var here = ParameterSwap.Body(field, row);
            var (left, right) = field.ReturnType == typeof(string)
                ? ((Expression)Expression.Call(typeof(string), nameof(string.Compare), null, here, value), Expression.Constant(0))
                : (here, value);
            var beyond = falls ? Expression.LessThan(left, right) : Expression.GreaterThan(left, right);
            behind = behind is null ? beyond : Expression.OrElse(beyond, Expression.AndAlso(Expression.Equal(here, value), behind));
        }

        return Expression.Lambda<Func<T, bool>>(behind!, row);
    }
}

/// <summary>A row and the values that place it in its list.</summary>
internal sealed class PlacedRow<T>
{
    public required T Row { get; init; }

    public required object[] Place { get; init; }
}
