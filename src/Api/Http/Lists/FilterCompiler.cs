using System.Globalization;
using System.Linq.Expressions;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace StableRep.Api.Http.Lists;

/// <summary>Turns a filter such as <c>state = "done" AND (guidance_scale > 3 OR tags:"x")</c> into a query's condition over declared fields.</summary>
internal sealed class FilterCompiler<T>
{
    private const int MostDepth = 20;
    private const int MostConditions = 50;
    private readonly FilterLexer _lexer;
    private readonly ListFields<T> _fields;
    private readonly ParameterExpression _row = Expression.Parameter(typeof(T), "row");
    private int _conditions;

    private FilterCompiler(string filter, ListFields<T> fields) => (_lexer, _fields) = (new FilterLexer(filter), fields);

    /// <exception cref="InputException">The filter is wrong; the message says where and how.</exception>
    public static Expression<Func<T, bool>> Compile(string filter, ListFields<T> fields)
    {
        var compiler = new FilterCompiler<T>(filter, fields);
        var condition = compiler.Either(0);
        return compiler._lexer.Current.Kind == FilterTokenKind.End
            ? Expression.Lambda<Func<T, bool>>(condition, compiler._row)
            : throw compiler._lexer.Error("expected AND, OR or the end");
    }

    private Expression Either(int depth)
    {
        if (depth > MostDepth)
        {
            throw _lexer.Error("the filter is nested too deeply");
        }

        var left = Both(depth);
        while (_lexer.TakeWord("OR"))
        {
            left = Expression.OrElse(left, Both(depth));
        }

        return left;
    }

    private Expression Both(int depth)
    {
        var left = Not(depth);
        while (_lexer.TakeWord("AND"))
        {
            left = Expression.AndAlso(left, Not(depth));
        }

        return left;
    }

    private Expression Not(int depth)
    {
        if (_lexer.TakeWord("NOT"))
        {
            return Expression.Not(Not(depth + 1 <= MostDepth ? depth + 1 : throw _lexer.Error("the filter is nested too deeply")));
        }

        if (!_lexer.TakeSign("("))
        {
            return Condition();
        }

        var inner = Either(depth + 1);
        return _lexer.TakeSign(")") ? inner : throw _lexer.Error("expected ')'");
    }

    private Expression Condition()
    {
        if (++_conditions > MostConditions)
        {
            throw _lexer.Error($"more than {MostConditions} conditions");
        }

        var name = _lexer.Take(FilterTokenKind.Word, "a field");
        var field = _fields.Find(name) ?? throw _lexer.Error($"there is no field '{name}'; there are {string.Join(", ", _fields.Names)}");
        var sign = _lexer.Take(FilterTokenKind.Sign, "one of = != < <= > >= : ~");
        var isQuoted = _lexer.Current.Kind == FilterTokenKind.Text;
        var text = _lexer.TakeValue();
        return Compare(name, ParameterSwap.Body(field, _row), sign, text, isQuoted);
    }

    private Expression Compare(string name, Expression field, string sign, string text, bool isQuoted)
    {
        var type = Nullable.GetUnderlyingType(field.Type) ?? field.Type;
        if (type != typeof(string) && typeof(IEnumerable<string>).IsAssignableFrom(type))
        {
            return sign == ":"
                ? Expression.Call(typeof(Enumerable), nameof(Enumerable.Contains), [typeof(string)], field, Captured.Value(text, typeof(string)))
                : throw _lexer.Error($"'{name}' is a list: only ':' goes with it");
        }

        if (type == typeof(string) && sign is "~" or ":")
        {
            var pattern = "%" + text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal) + "%";
            return Expression.Call(
                typeof(NpgsqlDbFunctionsExtensions), nameof(NpgsqlDbFunctionsExtensions.ILike), null,
                Expression.Constant(EF.Functions), field, Captured.Value(pattern, typeof(string)), Expression.Constant(@"\"));
        }

        var isNull = text == "null" && !isQuoted;
        if (isNull && (field.Type.IsValueType && field.Type == type || sign is not ("=" or "!=")))
        {
            throw _lexer.Error($"'{name}' cannot be compared with null like this");
        }

        var value = Captured.Value(isNull ? null : Read(name, text, type), field.Type);
        if (sign is "=" or "!=")
        {
            return sign == "=" ? Expression.Equal(field, value) : Expression.NotEqual(field, value);
        }

        if (!ListFields<T>.IsOrdered(type) || sign is "~" or ":")
        {
            throw _lexer.Error($"'{sign}' does not go with '{name}'");
        }

        var (left, right) = type == typeof(string)
            ? ((Expression)Expression.Call(typeof(string), nameof(string.Compare), null, field, value), Expression.Constant(0))
            : (field, value);
        return sign switch
        {
            "<" => Expression.LessThan(left, right),
            "<=" => Expression.LessThanOrEqual(left, right),
            ">" => Expression.GreaterThan(left, right),
            _ => Expression.GreaterThanOrEqual(left, right),
        };
    }

    private object Read(string name, string text, Type type)
    {
        if (type == typeof(string))
        {
            return text;
        }

        if (type.IsEnum)
        {
            var names = Enum.GetNames(type).ToDictionary(JsonNamingPolicy.SnakeCaseLower.ConvertName);
            return names.TryGetValue(text, out var found) ? Enum.Parse(type, found)
                : throw _lexer.Error($"'{name}' is one of {string.Join(", ", names.Keys)}, and not '{text}'");
        }

        try
        {
            return type switch
            {
                _ when type == typeof(Guid) => Guid.Parse(text),
                _ when type == typeof(bool) => bool.Parse(text),
                _ when type == typeof(DateTimeOffset) =>
                    DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal),
                _ => Number(text, type),
            };
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or InvalidCastException)
        {
            throw _lexer.Error($"'{text}' is no value of '{name}'");
        }
    }

    private static object Number(string text, Type type) =>
        Convert.ChangeType(text, type, CultureInfo.InvariantCulture) is var number && number is double.NaN or double.PositiveInfinity or double.NegativeInfinity
            or float.NaN or float.PositiveInfinity or float.NegativeInfinity
            ? throw new FormatException()
            : number!;
}
